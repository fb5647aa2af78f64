export { bestTfjsBuild, TFJS_BUILDS, type TfjsBuild } from './builds.js'
export { installTrainingKernels, type TrainingKernelOptions } from './install.js'
export { type TensorFlow, TensorFlowError } from './tensorflow.js'
export { VERSION } from '../generated/version.js'
