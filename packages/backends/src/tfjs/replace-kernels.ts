import {
  getKernel,
  type KernelConfig,
  registerKernel,
  unregisterKernel,
} from '@tensorflow/tfjs-core'

/**
 * Registers kernels, in place of the engine's own where it has them.
 *
 * @returns puts everything back
 */
export function replaceKernels(configs: readonly KernelConfig[]): () => void {
  const undo = configs.map((config) => {
    const { kernelName, backendName } = config
    const theirs = getKernel(kernelName, backendName)
    if (theirs !== undefined) unregisterKernel(kernelName, backendName)
    registerKernel(config)
    return () => {
      unregisterKernel(kernelName, backendName)
      if (theirs !== undefined) registerKernel(theirs)
    }
  })
  return () => {
    for (const restore of undo) restore()
  }
}
