import { getKernelsForBackend } from '@tensorflow/tfjs-core'
import type { Profiler } from '../profiler.js'
import { replaceKernels } from './replace-kernels.js'

/**
 * Runs every kernel of an engine through a profiler.
 *
 * @returns puts the kernels back
 */
export function timeKernels(engine: string, profiler: Profiler): () => void {
  return replaceKernels(
    getKernelsForBackend(engine).map((kernel) => ({
      ...kernel,
      kernelFunc: (call) => profiler.kernel(kernel.kernelName, () => kernel.kernelFunc(call)),
    })),
  )
}
