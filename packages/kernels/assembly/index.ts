import { BLOCK as SAMPLES } from 'lanes'

export { execute } from './generated/execute'
export * from './generated/kernels'
export { peak } from './peak'
export { help, run } from './program/program'

/** Says how many samples a block of this build has. */
export const BLOCK: i32 = SAMPLES

/** The address at which the kernels' constants end. */
export const CONSTANTS_END: usize = __heap_base

/** The index of this build in BUILDS of `src/builds.ts`. */
export const BUILD: i32 = ASC_FEATURE_RELAXED_SIMD ? 0 : ASC_FEATURE_SIMD ? 1 : 2
