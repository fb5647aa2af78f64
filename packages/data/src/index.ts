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
export { type ClassNames, MAX_CLASSES_BYTES, readClassNames } from './formats/class-names.js'
export { readCsv, writeCsv } from './formats/csv.js'
export type { ImageSet, ImageShape, LabelTexts } from './formats/image-set.js'
export {
  labelledData,
  type LabelledData,
  type Reading,
  type UnlabelledImages,
  withReading,
} from './formats/labelled-data.js'
export { type NpzContent, readNpz, writeNpz } from './formats/npz.js'
export { readParquet, writeParquet } from './formats/parquet.js'
export type { PictureDecoder } from './formats/picture-set.js'
export { readTar, type TarContent, type TarMember, writeTar } from './formats/tar.js'
export { type DataFigures, describeData, type SplitFigures } from './describe-data.js'
export { stratifiedSplit } from './stratified-split.js'
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
