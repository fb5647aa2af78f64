import {
  Conv2DBackpropInput, getKernel, type KernelConfig, registerKernel, unregisterKernel,
} from '@tensorflow/tfjs-core'
import { conv2DBackpropFilterConfig } from './conv2d-backprop-filter.js'
import { conv2DBackpropInputConfig } from './conv2d-backprop-input.js'
import { maxPoolGradConfig } from './max-pool-grad.js'

/**
 * Gives TensorFlow.js's wasm backend, which must have been imported, the training kernels that it lacks, gets wrong or
 * is slow at.
 *
 * @returns undoes it
 */
export function installWasmKernels(): () => void {
  const ours: readonly KernelConfig[] = [
    conv2DBackpropFilterConfig, maxPoolGradConfig, conv2DBackpropInputConfig(getKernel(Conv2DBackpropInput, 'wasm')),
  ]
  const undo = ours.map((config) => {
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
