import type { AvgPoolAttrs, backend_util } from '@tensorflow/tfjs-core'
import {
  floatInput,
  floatOutput,
  type KernelCall,
  type TensorFlow,
  type TrainingKernel,
} from './kernel-call.js'
import { sizeOf } from '../size-of.js'

type PoolInfo = backend_util.Conv2DInfo

/** Computes the mean of each window's pixels that lie within the image. */
export const avgPool: TrainingKernel = (call, util) => {
  const x = floatInput(call, 'x')
  const info = x && poolInfo(call, util, x.shape)
  if (info === undefined || isPixel(info)) return undefined
  const { values } = x!
  const y = new Float32Array(sizeOf(info.outShape))
  const [channels, pitch] = [info.inChannels, info.inWidth * info.inChannels]
  walkWindows(info, (out, first, height, width) => {
    for (let row = 0; row < height; row++) {
      for (let p = first + row * pitch, end = p + width * channels; p < end; p += channels) {
        for (let c = 0; c < channels; c++) y[out + c]! += values[p + c]!
      }
    }
    const share = 1 / (height * width)
    for (let c = 0; c < channels; c++) y[out + c]! *= share
  })
  return floatOutput(call, info.outShape, y)
}

/**
 * Computes the gradient of average pooling. As in TensorFlow.js's own kernel, every pixel of a
 * window gets the same part, even if some of the window is padding.
 */
export const avgPoolGrad: TrainingKernel = (call, util) => {
  const [dy, input] = [floatInput(call, 'dy'), floatInput(call, 'input')]
  const info = input && poolInfo(call, util, input.shape)
  if (dy === undefined || info === undefined || dy.values.length !== sizeOf(info.outShape))
    return undefined
  const dx = new Float32Array(input!.values.length)
  const [channels, pitch] = [info.inChannels, info.inWidth * info.inChannels]
  const share = 1 / (info.filterHeight * info.filterWidth)
  walkWindows(info, (out, first, height, width) => {
    for (let row = 0; row < height; row++) {
      for (let p = first + row * pitch, end = p + width * channels; p < end; p += channels) {
        for (let c = 0; c < channels; c++) dx[p + c]! += dy.values[out + c]! * share
      }
    }
  })
  return floatOutput(call, input!.shape, dx)
}

/** Computes the largest of each window's pixels. */
export const maxPool: TrainingKernel = (call, util) => {
  const x = floatInput(call, 'x')
  const info = x && poolInfo(call, util, x.shape)
  if (info === undefined || isPixel(info)) return undefined
  const { values } = x!
  const y = new Float32Array(sizeOf(info.outShape)).fill(-Infinity)
  const [channels, pitch] = [info.inChannels, info.inWidth * info.inChannels]
  walkWindows(info, (out, first, height, width) => {
    for (let row = 0; row < height; row++) {
      for (let p = first + row * pitch, end = p + width * channels; p < end; p += channels) {
        for (let c = 0; c < channels; c++)
          if (values[p + c]! > y[out + c]!) y[out + c] = values[p + c]!
      }
    }
  })
  return floatOutput(call, info.outShape, y)
}

/**
 * Adds each window's gradient to the first of its largest pixels, row by row, as PyTorch and
 * TensorFlow.js's own kernel do.
 */
export const maxPoolGrad: TrainingKernel = (call, util) => {
  const [dy, input] = [floatInput(call, 'dy'), floatInput(call, 'input')]
  const info = input && poolInfo(call, util, input.shape)
  if (dy === undefined || info === undefined || dy.values.length !== sizeOf(info.outShape))
    return undefined
  const { values } = input!
  const dx = new Float32Array(values.length)
  const [channels, pitch] = [info.inChannels, info.inWidth * info.inChannels]
  walkWindows(info, (out, first, height, width) => {
    for (let c = 0; c < channels; c++) {
      let best = -1
      let largest = -Infinity
      for (let row = 0; row < height; row++) {
        for (let p = first + row * pitch + c, end = p + width * channels; p < end; p += channels) {
          if (values[p]! > largest) {
            largest = values[p]!
            best = p
          }
        }
      }
      if (best >= 0) dx[best]! += dy.values[out + c]!
    }
  })
  return floatOutput(call, input!.shape, dx)
}

function poolInfo(
  { attrs }: KernelCall,
  util: TensorFlow['backend_util'],
  shape: readonly number[],
): PoolInfo | undefined {
  const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as AvgPoolAttrs
  const info = util.computePool2DInfo(
    shape as [number, number, number, number],
    filterSize,
    strides,
    1,
    pad,
    dimRoundingMode,
  )
  return info.outHeight > 0 && info.outWidth > 0 ? info : undefined
}

/**
 * Returns whether a window is one pixel. TensorFlow.js's own kernel returns such an image without a
 * copy.
 */
function isPixel({ filterHeight, filterWidth }: PoolInfo): boolean {
  return filterHeight === 1 && filterWidth === 1
}

/**
 * Calls `visit` for every window, with the index of its first channel in the output, the index of
 * its first pixel in the image, and the number of its rows and columns that lie within the image.
 */
function walkWindows(
  info: PoolInfo,
  visit: (out: number, first: number, height: number, width: number) => void,
): void {
  const {
    inHeight,
    inWidth,
    inChannels: channels,
    padInfo: { top, left },
  } = info
  let out = 0
  for (let n = 0; n < info.batchSize; n++) {
    for (let row = 0; row < info.outHeight; row++) {
      const fromY = Math.max(0, row * info.strideHeight - top)
      const height = Math.max(
        0,
        Math.min(inHeight, row * info.strideHeight - top + info.filterHeight) - fromY,
      )
      for (let column = 0; column < info.outWidth; column++, out += channels) {
        const fromX = Math.max(0, column * info.strideWidth - left)
        const width = Math.max(
          0,
          Math.min(inWidth, column * info.strideWidth - left + info.filterWidth) - fromX,
        )
        visit(out, ((n * inHeight + fromY) * inWidth + fromX) * channels, height, width)
      }
    }
  }
}
