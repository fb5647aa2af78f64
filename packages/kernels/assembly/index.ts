import { BLOCK as SAMPLES } from 'lanes'

export { execute, help, run } from './program'
export { convForward } from './conv-forward'
export { convBackwardData } from './conv-backward-data'
export { biasUpdate, convUpdate } from './conv-update'
export { denseUpdate, transposeGradient } from './dense-update'
export { sparseForward, sparseUpdate, sumRows } from './sparse-dense'
export { winogradForward, winogradInput } from './winograd-forward'
export { winogradBackward } from './winograd-backward'
export { winogradFilter, winogradUpdate } from './winograd-update'
export {
  avgPoolBackward,
  avgPoolForward,
  maxPoolBackward,
  maxPoolForward,
  tanhAvgPoolBackward,
  tanhAvgPoolForward,
} from './pool'
export { multiplyInto, reluBackward, reluInPlace, tanhBackward, tanhInPlace } from './elementwise'
export { crossEntropy } from './loss'
export { peak } from './peak'
export { dropoutMask } from './dropout'
export { deinterleave, loadImages } from './images'

/** Samples in a block, of this build. */
export const BLOCK: i32 = SAMPLES

/** Where the kernels' constants end. */
export const CONSTANTS_END: usize = __heap_base

/** Its place in BUILDS, see `src/builds.ts`. */
export const BUILD: i32 = ASC_FEATURE_RELAXED_SIMD ? 0 : ASC_FEATURE_SIMD ? 1 : 2
