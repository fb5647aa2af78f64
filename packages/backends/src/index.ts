export { BackendError } from './backend-error.js'
export { crossEntropy } from './cross-entropy.js'
export { firstAvailable, type Choice } from './choose.js'
export type {
  Backend, Batch, Loss, MemoryUse, Probe, Session, SessionInfo, SgdOptions, StepResult, Trainer, TrainerState, TrainingPlan,
} from './seam.js'
