export { beginRun, type RunSetup } from './begin-run.js'
export { canonicalJson } from './canonical-json.js'
export { decodeCheckpoint, encodeCheckpoint, type Checkpoint } from './checkpoint.js'
export { type EarlyStopping, epochsWithoutGain } from './early-stopping.js'
export { evaluate, type EvaluateOptions, predictDataset, type Predictions } from './evaluate.js'
export type {
  CheckpointEvent,
  EndEvent,
  EpochEvent,
  FitEvent,
  StartEvent,
  StepEvent,
} from './events.js'
export { fit } from './fit.js'
export type { FitOptions } from './fit-options.js'
export { decodeRun, encodeRun, RUN_FILES, type OpenedRun, type RunFiles } from './run-files.js'
export {
  constant,
  cosine,
  exponentialDecay,
  schedule,
  scheduleSchema,
  stepDecay,
  type Progress,
  type ScheduleSpec,
} from './schedule.js'
export { DivergedError, TrainError } from './train-error.js'
