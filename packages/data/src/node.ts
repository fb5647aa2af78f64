export { packagedMnist } from './node/files.js'
export { mnist, type MnistOptions } from './node/mnist.js'
export { verifyMnist, type FileReport } from './node/verify.js'
