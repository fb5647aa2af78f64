import {
  backend_util,
  type Conv2DBackpropFilterAttrs,
  Conv2DBackpropFilter,
  Conv2D,
  type KernelBackend,
  type KernelConfig,
  Slice,
  type TensorInfo,
  Transpose,
} from '@tensorflow/tfjs-core'
import { runKernel } from './run-kernel.js'

/** `Conv2DBackpropFilter` for TensorFlow.js's wasm backend, which lacks it up to 4.22, so that conv nets train. */
export const conv2DBackpropFilterConfig: KernelConfig = {
  kernelName: Conv2DBackpropFilter,
  backendName: 'wasm',
  kernelFunc: ({ inputs, attrs, backend }) =>
    conv2DBackpropFilter(
      inputs['x']!,
      inputs['dy']!,
      attrs as unknown as Conv2DBackpropFilterAttrs,
      backend as KernelBackend,
    ),
}

/**
 * The gradient of a convolution's filter is itself a convolution, of the image with the output's gradient:
 *
 *   dFilter[kh, kw, i, o] = ∑ n, h, w  x[n, h·stride + kh − top, w·stride + kw − left, i] · dy[n, h, w, o]
 *
 * With x as [i, H, W, n] and dy as a filter [h, w, n, o] dilated by the stride, this is the engine's own Conv2D with
 * stride 1. Where the forward stride left rows or columns of x unused, the result is larger than the filter: the rest
 * is cut off.
 *
 * @param x [n, H, W, in]
 * @param dy [n, h, w, out]
 * @returns [kernel height, kernel width, in, out]
 */
function conv2DBackpropFilter(
  x: TensorInfo,
  dy: TensorInfo,
  attrs: Conv2DBackpropFilterAttrs,
  backend: KernelBackend,
): TensorInfo {
  if (attrs.dataFormat !== 'NHWC')
    throw new Error(
      `Conv2DBackpropFilter on wasm: data format ${attrs.dataFormat} is not supported`,
    )
  const info = backend_util.computeConv2DInfo(
    x.shape as [number, number, number, number],
    attrs.filterShape,
    attrs.strides,
    1,
    attrs.pad,
    attrs.dimRoundingMode,
  )
  const {
    padInfo: { top, left },
    filterHeight,
    filterWidth,
    strideHeight,
    strideWidth,
  } = info
  // What is missing at the far edges for the last tap; forward padding beyond that meets no output.
  const bottom = Math.max(
    0,
    filterHeight + (info.outHeight - 1) * strideHeight - info.inHeight - top,
  )
  const right = Math.max(0, filterWidth + (info.outWidth - 1) * strideWidth - info.inWidth - left)

  const images = runKernel('wasm', backend, Transpose, { x }, { perm: [3, 1, 2, 0] })
  const filter = runKernel('wasm', backend, Transpose, { x: dy }, { perm: [1, 2, 0, 3] })
  const product = runKernel(
    'wasm',
    backend,
    Conv2D,
    { x: images, filter },
    {
      strides: [1, 1],
      dilations: [strideHeight, strideWidth],
      dataFormat: 'NHWC',
      pad: [
        [0, 0],
        [top, bottom],
        [left, right],
        [0, 0],
      ],
    },
  )
  const [inputs, , , outputs] = product.shape as [number, number, number, number]
  const exact = runKernel(
    'wasm',
    backend,
    Slice,
    { x: product },
    { begin: [0, 0, 0, 0], size: [inputs, filterHeight, filterWidth, outputs] },
  )
  const dFilter = runKernel('wasm', backend, Transpose, { x: exact }, { perm: [1, 2, 0, 3] })
  for (const part of [images, filter, product, exact]) backend.disposeData(part.dataId)
  return dFilter
}
