export { mnist } from './mnist.js'
