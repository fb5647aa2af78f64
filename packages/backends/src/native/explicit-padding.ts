import {
  backend_util,
  Conv2DBackpropFilter,
  type Conv2DBackpropFilterAttrs,
  Conv2DBackpropInput,
  type Conv2DBackpropInputAttrs,
  getKernel,
  type KernelBackend,
  type KernelConfig,
  PadV2,
  Slice,
  type TensorInfo,
} from '@tensorflow/tfjs-core'
import { runKernel } from '../tfjs/kernels.js'

type Shape4 = [number, number, number, number]
type ConvInfo = backend_util.Conv2DInfo

/**
 * Returns kernels for the two gradients of a convolution whose padding is given in numbers, which
 * TensorFlow's own kernels refuse. Numbers that mean the same as `same` are passed as `same`. For
 * others the image is padded, or its gradient cropped, around a convolution without padding.
 *
 * @param engine the name within TensorFlow.js of the engine that has the kernels for `same` and
 * `valid`
 */
export function explicitPaddingConfigs(engine: string): KernelConfig[] {
  const filterKernel = getKernel(Conv2DBackpropFilter, engine)
  const inputKernel = getKernel(Conv2DBackpropInput, engine)
  return [
    {
      ...filterKernel,
      kernelFunc(call) {
        const { x, dy } = call.inputs as unknown as { x: TensorInfo; dy: TensorInfo }
        const attrs = call.attrs as unknown as Conv2DBackpropFilterAttrs
        const info = convInfo(x.shape as Shape4, attrs.filterShape, attrs)
        if (info.padInfo.type !== 'EXPLICIT') return filterKernel.kernelFunc(call)
        if (isSame(info))
          return filterKernel.kernelFunc({ ...call, attrs: { ...call.attrs, pad: 'same' } })
        const backend = call.backend as KernelBackend
        const paddings = [
          [0, 0],
          [info.padInfo.top, info.padInfo.bottom],
          [info.padInfo.left, info.padInfo.right],
          [0, 0],
        ]
        const padded = runKernel(engine, backend, PadV2, { x }, { paddings, constantValue: 0 })
        const dFilter = filterKernel.kernelFunc({
          ...call,
          inputs: { x: padded, dy },
          attrs: { ...call.attrs, pad: 'valid' },
        })
        backend.disposeData(padded.dataId)
        return dFilter
      },
    },
    {
      ...inputKernel,
      kernelFunc(call) {
        const { filter } = call.inputs as unknown as { filter: TensorInfo }
        const attrs = call.attrs as unknown as Conv2DBackpropInputAttrs
        const info = convInfo(attrs.inputShape, filter.shape as Shape4, attrs)
        if (info.padInfo.type !== 'EXPLICIT') return inputKernel.kernelFunc(call)
        if (isSame(info))
          return inputKernel.kernelFunc({ ...call, attrs: { ...call.attrs, pad: 'same' } })
        const backend = call.backend as KernelBackend
        const { top, bottom, left, right } = info.padInfo
        const [n, height, width, channels] = attrs.inputShape
        const inputShape = [n, height + top + bottom, width + left + right, channels]
        const whole = inputKernel.kernelFunc({
          ...call,
          attrs: { ...call.attrs, inputShape, pad: 'valid' },
        }) as TensorInfo
        const dx = runKernel(
          engine,
          backend,
          Slice,
          { x: whole },
          { begin: [0, top, left, 0], size: [n, height, width, channels] },
        )
        backend.disposeData(whole.dataId)
        return dx
      },
    },
  ]
}

function convInfo(
  inputShape: Shape4,
  filterShape: Shape4,
  { strides, pad, dimRoundingMode }: Conv2DBackpropFilterAttrs | Conv2DBackpropInputAttrs,
): ConvInfo {
  return backend_util.computeConv2DInfo(inputShape, filterShape, strides, 1, pad, dimRoundingMode)
}

function isSame({
  inShape,
  filterShape,
  strideHeight,
  strideWidth,
  padInfo,
  outHeight,
  outWidth,
}: ConvInfo): boolean {
  const same = backend_util.computeConv2DInfo(
    inShape,
    filterShape,
    [strideHeight, strideWidth],
    1,
    'same',
  )
  return (
    same.outHeight === outHeight &&
    same.outWidth === outWidth &&
    (['top', 'bottom', 'left', 'right'] as const).every(
      (side) => same.padInfo[side] === padInfo[side],
    )
  )
}
