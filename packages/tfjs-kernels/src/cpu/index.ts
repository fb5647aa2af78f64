export { installTrainingKernels } from './install.js'
export type { TensorFlow } from './kernel-call.js'
export { VERSION } from '../generated/version.js'
