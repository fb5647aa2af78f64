export { BackendError } from './backend-error.js'
export { crossEntropy } from './cross-entropy.js'
export {
  type KernelTime,
  type PhaseTime,
  type Profile,
  Profiler,
  type StepPhase,
} from './profiler.js'
export { slowed } from './slowed.js'
export { firstAvailable, type Choice } from './choose.js'
export type {
  Backend,
  Batch,
  Loss,
  MemoryUse,
  Probe,
  Session,
  SessionInfo,
  SgdOptions,
  StepResult,
  Trainer,
  TrainerState,
  TrainingPlan,
} from './seam.js'
