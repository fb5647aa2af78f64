export {
  type FileReport,
  loadMnist,
  type LoadMnistOptions,
  packagedMnist,
  verifyMnist,
} from './node/load-mnist.js'
export { decodePicture } from './node/pictures/picture-formats.js'
export { MAX_PICTURE_BYTES } from './node/pictures/picture-size.js'
