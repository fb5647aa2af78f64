export { packagedMnist } from './node/files.js'
export { loadData } from './node/load-data.js'
export { type MnistOptions, mnist } from './node/mnist.js'
export { type FileReport, verifyMnist } from './node/verify.js'
