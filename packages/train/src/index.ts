export { type RunSetup, beginRun } from './begin-run.js'
export { canonicalJson } from './canonical-json.js'
export { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpoint.js'
export { type EarlyStopping, epochsWithoutGain } from './early-stopping.js'
export { type EvaluateOptions, type Predictions, evaluate, predictDataset } from './evaluate.js'
export {
  EVALUATION_SCHEMA,
  type Evaluation,
  type Mistake,
  evaluationSchema,
  mistakenSamples,
  mostConfidentMistakes,
} from './evaluation-result.js'
export {
  type CheckpointEvent,
  type EndEvent,
  type EpochEvent,
  type FitEvent,
  type StartEvent,
  type StepEvent,
} from './events.js'
export { type FitOptions } from './fit-options.js'
export { fit } from './fit.js'
export {
  type BatchFigures,
  type PassSums,
  addBatch,
  emptyPass,
  passFigures,
  passSumsSchema,
} from './pass.js'
export { type OpenedRun, RUN_FILES, type RunFiles, decodeRun, encodeRun } from './run-files.js'
export {
  type EpochFigures,
  type PassFigures,
  RUN_SCHEMA,
  type RunResult,
  epochFiguresSchema,
  passFiguresSchema,
  runSchema,
} from './run-result.js'
export {
  type Progress,
  type ScheduleSpec,
  constant,
  cosine,
  exponentialDecay,
  schedule,
  scheduleSchema,
  stepDecay,
} from './schedule.js'
export { DivergedError, TrainError } from './train-error.js'
export { batchLossPerSample, meanLoss } from './mean-loss.js'
