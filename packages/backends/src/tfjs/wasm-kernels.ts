import { getKernel, type KernelConfig, registerKernel, unregisterKernel } from '@tensorflow/tfjs-core'
import { conv2DBackpropFilterConfig } from './conv2d-backprop-filter.js'
import { maxPoolGradConfig } from './max-pool-grad.js'

const OURS: readonly KernelConfig[] = [conv2DBackpropFilterConfig, maxPoolGradConfig]

/**
 * Gives TensorFlow.js's wasm backend, which must have been imported, the training kernels that it lacks or gets wrong.
 *
 * @returns undoes it
 */
export function installWasmKernels(): () => void {
  const undo = OURS.map((config) => {
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
