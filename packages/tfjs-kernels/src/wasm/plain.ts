import type { TensorInfo } from '@tensorflow/tfjs-core'
import { poolInfo } from './pooling.js'
import type { Call, TensorFlow, WasmBackend } from './tensorflow.js'

// For JavaScript engines without SIMD: the kernels that TensorFlow.js lacks or computes wrongly, in
// JavaScript on its heap.

type Shape4 = [number, number, number, number]
type ConvInfoArguments = Parameters<TensorFlow['backend_util']['computeConv2DInfo']>

/**
 * Computes `Conv2DBackpropFilter`.
 *
 * @returns undefined for layouts other than NHWC
 */
export function plainConv2DBackpropFilter(
  backend: WasmBackend,
  { inputs, attrs }: Call,
  tf: TensorFlow,
): TensorInfo | undefined {
  const { x, dy } = inputs as { x: TensorInfo; dy: TensorInfo }
  const { strides, pad, dataFormat, dimRoundingMode, filterShape } = attrs as unknown as {
    strides: ConvInfoArguments[2]
    pad: ConvInfoArguments[4]
    dimRoundingMode?: ConvInfoArguments[5]
    dataFormat: string
    filterShape: Shape4
  }
  if (dataFormat !== 'NHWC' || x.dtype !== 'float32' || dy.dtype !== 'float32') return undefined
  const info = tf.backend_util.computeConv2DInfo(
    x.shape as Shape4,
    filterShape,
    strides,
    1,
    pad,
    dimRoundingMode,
  )
  const { inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = info
  const { filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = info
  const output = backend.makeOutput(filterShape, 'float32')
  // The views are made only now, because an allocation may grow the heap, which detaches older
  // views of it.
  const [image, gradient, sums] = [
    backend.typedArrayFromHeap(x),
    backend.typedArrayFromHeap(dy),
    backend.typedArrayFromHeap(output),
  ]
  sums.fill(0)
  for (let n = 0, d = 0; n < info.batchSize; n++)
    for (let oy = 0; oy < outHeight; oy++)
      for (let ox = 0; ox < outWidth; ox++, d += outChannels) {
        for (let ky = 0; ky < filterHeight; ky++) {
          const y = oy * strideHeight + ky - padInfo.top
          if (y < 0 || y >= inHeight) continue
          for (let kx = 0; kx < filterWidth; kx++) {
            const column = ox * strideWidth + kx - padInfo.left
            if (column < 0 || column >= inWidth) continue
            const from = ((n * inHeight + y) * inWidth + column) * inChannels
            for (
              let i = 0, to = (ky * filterWidth + kx) * inChannels * outChannels;
              i < inChannels;
              i++, to += outChannels
            ) {
              const value = image[from + i]!
              for (let o = 0; o < outChannels; o++) sums[to + o]! += value * gradient[d + o]!
            }
          }
        }
      }
  return output
}

/**
 * Adds each window's gradient to the first of its largest elements, row by row, as PyTorch and the
 * cpu backend choose it.
 */
export function plainMaxPoolGrad(
  backend: WasmBackend,
  { inputs, attrs }: Call,
  tf: TensorFlow,
): TensorInfo | undefined {
  const { dy, input } = inputs as { dy: TensorInfo; input: TensorInfo }
  if (dy.dtype !== 'float32' || input.dtype !== 'float32') return undefined
  const info = poolInfo(tf, input, attrs!)
  const output = backend.makeOutput(input.shape, 'float32')
  const [x, dOut, dx] = [
    backend.typedArrayFromHeap(input),
    backend.typedArrayFromHeap(dy),
    backend.typedArrayFromHeap(output),
  ]
  dx.fill(0)
  const {
    inHeight,
    inWidth,
    inChannels: channels,
    padInfo: { top, left },
  } = info
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
            for (
              let i = image + (y * inWidth + fromX) * channels + channel, c = fromX;
              c < toX;
              c++, i += channels
            ) {
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
