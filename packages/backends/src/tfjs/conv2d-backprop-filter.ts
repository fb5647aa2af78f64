import {
  backend_util,
  type Conv2DBackpropFilterAttrs,
  Conv2DBackpropFilter,
  Conv2D,
  getKernel,
  type KernelBackend,
  type KernelConfig,
  Slice,
  type TensorInfo,
  Transpose,
} from '@tensorflow/tfjs-core'
import { replaceKernels, runKernel } from './kernels.js'

/**
 * Adds to TensorFlow.js's wasm backend the one kernel without which no convolutional network
 * trains, and which it lacks up to version 4.22. Everything else stays as it is. The backend must
 * have been imported.
 *
 * @returns a function that removes the kernel again
 */
export function completeStockWasmKernels(): () => void {
  return getKernel(Conv2DBackpropFilter, 'wasm') === undefined
    ? replaceKernels([conv2DBackpropFilterConfig])
    : () => {}
}

const conv2DBackpropFilterConfig: KernelConfig = {
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
 * Computes the gradient of a convolution's filter, which is itself a convolution, of the image with
 * the output's gradient:
 *
 *   dFilter[kh, kw, i, o] =
 *     ∑ n, h, w  x[n, h·stride + kh − top, w·stride + kw − left, i] · dy[n, h, w, o]
 *
 * With x as [i, H, W, n] and dy as a filter [h, w, n, o] dilated by the stride, this is the
 * engine's own Conv2D with stride 1. Where the forward stride left rows or columns of x unused, the
 * result is larger than the filter, and the surplus is cut off.
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
  // Rows and columns that the last tap reads beyond the far edges. Further padding of the forward
  // pass meets no output.
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
