export { continuedRun, type ResumeOptions } from './node/continued-run.js'
export { readingOfRun } from './node/data-of-run.js'
export { type EvaluationSource, evaluateRun, evaluationSource } from './node/evaluate-run.js'
export {
  type RunFolder,
  createRun,
  hasCheckpoint,
  openRun,
  readEvaluation,
  readResult,
  readRun,
  resumeRun,
  writeEvaluation,
} from './node/run-folder.js'
export { type Training, type TrainingView, runTraining } from './node/run-training.js'
export {
  type BackendChoice,
  chooseBackend,
  endingInSoftmax,
  withTrainedModel,
} from './node/trained-model.js'
