export { accuracy } from './accuracy.js'
export { batchLossPerSample, meanLoss } from './mean-loss.js'
export {
  addBatch, emptyPass, passFigures, passSumsSchema, type BatchFigures, type PassSums,
} from './pass.js'
export {
  epochFiguresSchema, passFiguresSchema, RUN_SCHEMA, runSchema, type EpochFigures, type PassFigures, type RunResult,
} from './run-result.js'
