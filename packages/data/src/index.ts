export {
  batchAt,
  batches,
  epochOrder,
  fileOrder,
  imagesBetween,
  labelsOf,
  type SampleBatch,
} from './batch.js'
export { DataError } from './data-error.js'
export {
  datasetFromIdx,
  datasetView,
  numberedClasses,
  split,
  subset,
  take,
  type Dataset,
  type DatasetView,
  type Samples,
} from './dataset.js'
export { fetchMnist, type FetchMnistOptions, type FileCache } from './fetch-mnist.js'
export {
  MAX_IDX_BYTES,
  readIdx,
  readIdxFile,
  writeIdx,
  type IdxArray,
  type IdxType,
} from './idx.js'
export { MNIST_FILES, sha256, verifySha256 } from './mnist-files.js'
export { prepareDigit, type PrepareDigitOptions, type RgbaImage } from './prepare-digit.js'
