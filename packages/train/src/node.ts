export { continuedRun, type ResumeOptions } from './node/continued-run.js'
export { type EvaluationSource, evaluateRun } from './node/evaluate-run.js'
export { evaluationSource } from './node/evaluation-source.js'
export {
  hasCheckpoint,
  readEvaluation,
  readRun,
  readResult,
  writeEvaluation,
} from './node/result-files.js'
export { type RunFolder, createRun, openRun, resumeRun } from './node/run-folder.js'
export { runTraining, type TrainingView } from './node/run-training.js'
export {
  type BackendChoice,
  chooseBackend,
  endingInSoftmax,
  withTrainedModel,
} from './node/trained-model.js'
export { type Training } from './node/training.js'
