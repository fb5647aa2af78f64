export {
  type FileReport,
  loadMnist,
  type LoadMnistOptions,
  packagedMnist,
  verifyMnist,
} from './node/load-mnist.js'
export { encodePng } from './node/pictures/encode-png.js'
export { findDataset, type FindDatasetOptions, type FoundDataset } from './node/published-data.js'
export { decodePicture } from './node/pictures/picture-formats.js'
export { MAX_PICTURE_BYTES } from './node/pictures/picture-size.js'
export { DATA_FORMATS, type DataFormat } from './list.js'
export { loadDataset, openData, type OpenDataOptions, type OpenedData } from './node/open-data.js'
export { assertFree, writeData, type WrittenData } from './node/write-data.js'
