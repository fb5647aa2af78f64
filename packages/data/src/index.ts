export { batchAt, batches, imagesBetween, labelsOf, type SampleBatch } from './batch.js'
export { sha256, verifySha256 } from './checksum.js'
export { DataError } from './data-error.js'
export {
  datasetFromIdx,
  datasetView,
  DIGITS,
  split,
  subset,
  take,
  type Dataset,
  type DatasetView,
  type Samples,
} from './dataset.js'
export { fetchMnist, type FetchMnistOptions, type FileCache } from './fetch-mnist.js'
export { readIdx, writeIdx, type IdxArray, type IdxType } from './idx.js'
export { readIdxFile } from './idx-file.js'
export { MNIST_FILES } from './mnist-files.js'
export { epochOrder, fileOrder } from './order.js'
export { prepareDigit, type RgbaImage } from './prepare-digit.js'
