import { Conv2DBackpropFilter, getKernel } from '@tensorflow/tfjs-core'
import { conv2DBackpropFilterConfig } from './conv2d-backprop-filter.js'
import { replaceKernels } from './replace-kernels.js'

/**
 * Leaves TensorFlow.js's wasm backend, which must have been imported, as it is, but for the one kernel without which no conv net trains.
 *
 * @returns undoes it
 */
export function completeStockWasmKernels(): () => void {
  return getKernel(Conv2DBackpropFilter, 'wasm') === undefined
    ? replaceKernels([conv2DBackpropFilterConfig])
    : () => {}
}
