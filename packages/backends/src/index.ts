export { crossEntropy } from './cross-entropy.js'
export type {
  Backend,
  Batch,
  Loss,
  MemoryUse,
  Probe,
  Session,
  SessionInfo,
  StepResult,
  Trainer,
  TrainerState,
  TrainingPlan,
} from './interface.js'
export { BackendError, MAX_THREADS, withOverrides } from './interface.js'
export {
  gradientsOf,
  OPTIMIZER_OPTION_NAMES,
  OPTIMIZER_OPTIONS,
  type OptimizerOption,
  type OptimizerOptions,
  type OptimizerState,
  optimizerState,
  optimizerText,
  type SgdOptions,
  STATE_TENSORS,
} from './optimizer.js'
export {
  type KernelTime,
  type PhaseTime,
  type Profile,
  Profiler,
  type StepPhase,
} from './profiler.js'
export {
  type BackendEntry,
  type BackendOptions,
  type BackendRuntime,
  BackendRegistry,
  BACKENDS,
  type Choice,
  firstAvailable,
} from './registry.js'
export { slowed } from './testing/slowed.js'
export { CallChecks, closedError, startState } from './trainer-parts.js'
