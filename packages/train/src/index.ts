export { canonicalJson } from './canonical-json.js'
export { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpoint.js'
export {
  type EvaluateOptions,
  type Predictions,
  evaluate,
  outputNames,
  predictDataset,
} from './evaluate.js'
export {
  EVALUATION_SCHEMA,
  type Evaluation,
  type Mistake,
  confusionCountsOf,
  evaluationSchema,
  mistakenSamples,
  mostConfidentMistakes,
} from './evaluation-schema.js'
export { checkSamples, type FitOptions } from './fit-options.js'
export {
  type CheckpointEvent,
  type EndEvent,
  type EpochEvent,
  type FitEvent,
  type StartEvent,
  type StepEvent,
  fit,
} from './fit.js'
export { importedRun } from './imported-run.js'
export {
  type BatchFigures,
  type PassSums,
  addBatch,
  batchLossPerSample,
  emptyPass,
  meanLoss,
  passFigures,
  passSumsSchema,
} from './pass.js'
export { type RunData, dataOfRun, splitValidation } from './run-data.js'
export {
  type OpenedRun,
  RUN_FILES,
  type RunFiles,
  type RunSetup,
  beginRun,
  decodeRun,
  encodeRun,
} from './run-files.js'
export {
  type EpochFigures,
  type PassFigures,
  RUN_SCHEMA,
  type RunResult,
  epochFiguresSchema,
  passFiguresSchema,
  runSchema,
} from './run-schema.js'
export {
  type EarlyStopping,
  type Progress,
  type ScheduleSpec,
  constant,
  cosine,
  epochsWithoutGain,
  exponentialDecay,
  oneCycle,
  schedule,
  scheduleSchema,
  stepDecay,
} from './schedule.js'
export { DivergedError, TrainError } from './train-error.js'
