import { Conv2DBackpropInput, getKernel } from '@tensorflow/tfjs-core'
import { conv2DBackpropFilterConfig } from './conv2d-backprop-filter.js'
import { conv2DBackpropInputConfig } from './conv2d-backprop-input.js'
import { maxPoolGradConfig } from './max-pool-grad.js'
import { replaceKernels } from './replace-kernels.js'

/**
 * Gives TensorFlow.js's wasm backend, which must have been imported, the training kernels that it lacks, gets wrong or
 * is slow at.
 *
 * @returns undoes it
 */
export function installWasmKernels(): () => void {
  return replaceKernels([
    conv2DBackpropFilterConfig, maxPoolGradConfig, conv2DBackpropInputConfig(getKernel(Conv2DBackpropInput, 'wasm')),
  ])
}
