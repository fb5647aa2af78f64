export { runMnist } from './run-mnist.js'
