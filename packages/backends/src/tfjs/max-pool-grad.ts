import { backend_util, type KernelBackend, type KernelConfig, MaxPoolGrad, type MaxPoolGradAttrs, type TensorInfo } from '@tensorflow/tfjs-core'

/** What this kernel uses of the wasm backend beyond its published type. */
type WasmHeap = KernelBackend & {
  makeOutput(shape: readonly number[], dtype: 'float32'): TensorInfo
  typedArrayFromHeap(tensor: TensorInfo): Float32Array
}

/**
 * `MaxPoolGrad` for TensorFlow.js's wasm backend. Its own, in 4.22, loses the gradient of every window whose largest
 * value is not positive.
 */
export const maxPoolGradConfig: KernelConfig = {
  kernelName: MaxPoolGrad,
  backendName: 'wasm',
  kernelFunc: ({ inputs, attrs, backend }) =>
    maxPoolGrad(inputs['dy']!, inputs['input']!, attrs as unknown as MaxPoolGradAttrs, backend as WasmHeap),
}

/**
 * Adds each window's gradient to the input that the window's maximum came from: the first of equals, row by row, as
 * PyTorch and the cpu backend choose it.
 *
 * @param dy [n, out height, out width, channels]
 * @param input [n, height, width, channels]
 */
function maxPoolGrad(dy: TensorInfo, input: TensorInfo, attrs: MaxPoolGradAttrs, backend: WasmHeap): TensorInfo {
  const info = backend_util.computePool2DInfo(
    input.shape as [number, number, number, number], attrs.filterSize, attrs.strides, 1, attrs.pad, attrs.dimRoundingMode)
  const output = backend.makeOutput(input.shape, 'float32')
  // Only now: an allocation may grow the heap, which detaches older views of it.
  const [x, dOut, dx] = [backend.typedArrayFromHeap(input), backend.typedArrayFromHeap(dy), backend.typedArrayFromHeap(output)]
  dx.fill(0)
  const { inHeight, inWidth, inChannels: channels, padInfo: { top, left } } = info
  let at = 0
  for (let n = 0; n < info.batchSize; n++) {
    const image = n * inHeight * inWidth * channels
    for (let row = 0; row < info.outHeight; row++) {
      const fromY = Math.max(0, row * info.strideHeight - top)
      const toY = Math.min(inHeight, row * info.strideHeight - top + info.filterHeight)
      for (let column = 0; column < info.outWidth; column++) {
        const fromX = Math.max(0, column * info.strideWidth - left)
        const toX = Math.min(inWidth, column * info.strideWidth - left + info.filterWidth)
        for (let channel = 0; channel < channels; channel++) {
          let best = image + (fromY * inWidth + fromX) * channels + channel
          for (let y = fromY; y < toY; y++) {
            for (let i = image + (y * inWidth + fromX) * channels + channel, c = fromX; c < toX; c++, i += channels) {
              if (x[i]! > x[best]!) best = i
            }
          }
          dx[best]! += dOut[at++]!
        }
      }
    }
  }
  return output
}
