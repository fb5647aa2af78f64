export {
  type FileReport,
  loadMnist,
  type LoadMnistOptions,
  packagedMnist,
  verifyMnist,
} from './node/load-mnist.js'
