import {
  backend_util, Conv2D, type Conv2DBackpropInputAttrs, type KernelBackend, type KernelConfig, Reverse,
  type TensorInfo, Transpose,
} from '@tensorflow/tfjs-core'
import { runKernel } from './run-kernel.js'

/**
 * `Conv2DBackpropInput` for TensorFlow.js's wasm backend, whose own one is a plain loop and took a third of a LeNet-5
 * step. Strides other than 1, and padding wider than the kernel, stay with it.
 *
 * @param theirs the engine's own
 */
export function conv2DBackpropInputConfig(theirs: KernelConfig): KernelConfig {
  return {
    ...theirs,
    kernelFunc(call) {
      const attrs = call.attrs as unknown as Conv2DBackpropInputAttrs
      const { dy, filter } = call.inputs as unknown as { dy: TensorInfo, filter: TensorInfo }
      return conv2DBackpropInput(dy, filter, attrs, call.backend as KernelBackend) ?? theirs.kernelFunc(call)
    },
  }
}

/**
 * The gradient of a convolution's input is itself a convolution, of the output's gradient with the filter turned by 180°:
 *
 *   dx[n, y, x, i] = ∑ kh, kw, o  dy[n, y + top − kh, x + left − kw, o] · filter[kh, kw, i, o]
 *
 * for stride 1, so the engine's own fast Conv2D computes it.
 *
 * @param dy [n, h, w, out]
 * @param filter [kernel height, kernel width, in, out]
 * @returns [n, H, W, in], or undefined when it is not such a convolution
 */
function conv2DBackpropInput(
  dy: TensorInfo, filter: TensorInfo, attrs: Conv2DBackpropInputAttrs, backend: KernelBackend,
): TensorInfo | undefined {
  if (attrs.dataFormat !== 'NHWC') return undefined
  const info = backend_util.computeConv2DInfo(
    attrs.inputShape, filter.shape as [number, number, number, number], attrs.strides, 1, attrs.pad, attrs.dimRoundingMode)
  const { padInfo: { top, left }, filterHeight, filterWidth, inHeight, inWidth, outHeight, outWidth } = info
  const pad = [
    [0, 0], [filterHeight - 1 - top, inHeight - outHeight + top], [filterWidth - 1 - left, inWidth - outWidth + left], [0, 0],
  ]
  if (info.strideHeight !== 1 || info.strideWidth !== 1 || pad.flat().some((size) => size < 0)) return undefined
  const reversed = runKernel('wasm', backend, Reverse, { x: filter }, { dims: [0, 1] })
  const turned = runKernel('wasm', backend, Transpose, { x: reversed }, { perm: [0, 1, 3, 2] })
  const dx = runKernel('wasm', backend, Conv2D, { x: dy, filter: turned }, {
    strides: [1, 1], dilations: [1, 1], dataFormat: 'NHWC', pad,
  })
  for (const part of [reversed, turned]) backend.disposeData(part.dataId)
  return dx
}
