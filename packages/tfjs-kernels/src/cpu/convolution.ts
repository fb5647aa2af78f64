import type {
  backend_util,
  Conv2DAttrs,
  Conv2DBackpropFilterAttrs,
  Conv2DBackpropInputAttrs,
} from '@tensorflow/tfjs-core'
import { floatInput, floatOutput, type TensorFlow, type TrainingKernel } from './kernel-call.js'
import { sizeOf } from '../size-of.js'
import {
  addProduct,
  epilogueOf,
  finishOutput,
  type MatrixView,
  startOutput,
  transposed,
} from './products.js'

type ConvInfo = backend_util.Conv2DInfo

/**
 * Computes `Conv2D` and `FusedConv2D`: patches [positions, patch] times the filter [patch, output
 * channels].
 */
export const conv2d: TrainingKernel = (call, util) => {
  const [x, filter] = [floatInput(call, 'x'), floatInput(call, 'filter')]
  if (x === undefined || filter === undefined) return undefined
  const info = convInfo(util, x.shape, filter.shape, call.attrs as unknown as Conv2DAttrs)
  const epilogue = info && epilogueOf(call, info.outChannels)
  if (info === undefined || epilogue === undefined) return undefined
  const y = startOutput(epilogue, sizeOf(info.outShape))
  const [taps, channels] = [patchSize(info), info.outChannels]
  const chunks = chunksOf(info)
  const patches = createPatches(info, chunks)
  for (const chunk of chunks) {
    gatherPatches(info, chunk, x.values, patches)
    const output = rows(y, channels, outputStart(info, chunk))
    addProduct(
      rows(patches, taps),
      rows(filter.values, channels),
      output,
      chunk.positions,
      taps,
      channels,
    )
  }
  finishOutput(epilogue, y)
  return floatOutput(call, info.outShape, y)
}

/**
 * Computes the filter's gradient: transposed patches [patch, positions] times dy [positions, output
 * channels].
 */
export const conv2dBackpropFilter: TrainingKernel = (call, util) => {
  const [x, dy] = [floatInput(call, 'x'), floatInput(call, 'dy')]
  const attrs = call.attrs as unknown as Conv2DBackpropFilterAttrs
  if (x === undefined || dy === undefined) return undefined
  const info = convInfo(util, x.shape, attrs.filterShape, attrs)
  if (info === undefined || dy.values.length !== sizeOf(info.outShape)) return undefined
  const [taps, channels] = [patchSize(info), info.outChannels]
  const dFilter = new Float32Array(taps * channels)
  const chunks = chunksOf(info)
  const patches = createPatches(info, chunks)
  for (const chunk of chunks) {
    gatherPatches(info, chunk, x.values, patches)
    const gradient = rows(dy.values, channels, outputStart(info, chunk))
    addProduct(
      transposed(rows(patches, taps)),
      gradient,
      rows(dFilter, channels),
      taps,
      chunk.positions,
      channels,
    )
  }
  return floatOutput(call, attrs.filterShape, dFilter)
}

/**
 * Computes the image's gradient: dy [positions, output channels] times the transposed filter gives
 * patches, which are added up.
 */
export const conv2dBackpropInput: TrainingKernel = (call, util) => {
  const [dy, filter] = [floatInput(call, 'dy'), floatInput(call, 'filter')]
  const attrs = call.attrs as unknown as Conv2DBackpropInputAttrs
  if (dy === undefined || filter === undefined) return undefined
  const info = convInfo(util, attrs.inputShape, filter.shape, attrs)
  if (info === undefined || dy.values.length !== sizeOf(info.outShape)) return undefined
  const [taps, channels] = [patchSize(info), info.outChannels]
  const dx = new Float32Array(sizeOf(info.inShape))
  const chunks = chunksOf(info)
  const patches = createPatches(info, chunks)
  for (const chunk of chunks) {
    patches.fill(0)
    const gradient = rows(dy.values, channels, outputStart(info, chunk))
    addProduct(
      gradient,
      transposed(rows(filter.values, channels)),
      rows(patches, taps),
      chunk.positions,
      channels,
      taps,
    )
    scatterPatches(info, chunk, patches, dx)
  }
  return floatOutput(call, attrs.inputShape, dx)
}

type Attributes = Pick<Conv2DAttrs, 'strides' | 'pad' | 'dataFormat' | 'dimRoundingMode'> &
  Partial<Pick<Conv2DAttrs, 'dilations'>>
type Shape4 = [number, number, number, number]

/**
 * Describes a convolution.
 *
 * @returns undefined for calls that TensorFlow.js's own kernel has to compute: NCHW, dilation, and
 * shapes that do not fit
 */
function convInfo(
  util: TensorFlow['backend_util'],
  input: readonly number[],
  filter: readonly number[],
  { strides, pad, dataFormat, dimRoundingMode, dilations = 1 }: Attributes,
): ConvInfo | undefined {
  if (dataFormat !== 'NHWC') return undefined
  const info = util.computeConv2DInfo(
    input as Shape4,
    filter as Shape4,
    strides,
    dilations,
    pad,
    dimRoundingMode,
  )
  const { dilationHeight, dilationWidth, inChannels, outHeight, outWidth } = info
  const fits = filter[2] === inChannels && outHeight > 0 && outWidth > 0
  return fits && dilationHeight === 1 && dilationWidth === 1 ? info : undefined
}

function rows(values: Float32Array, row: number, start = 0): MatrixView {
  return { values, start, row, column: 1 }
}

function outputStart(
  { outHeight, outWidth, outChannels }: ConvInfo,
  { image, fromRow }: Chunk,
): number {
  return (image * outHeight + fromRow) * outWidth * outChannels
}

/** Some rows of the outputs of one image, so few that their patches stay in the cache. */
interface Chunk {
  readonly image: number
  readonly fromRow: number
  readonly toRow: number
  /** The number of outputs, row after row. */
  readonly positions: number
}

const CHUNK_SIZE = 1 << 16

/**
 * Returns how many numbers one position's patch has: [kernel row][kernel column][input channel].
 */
function patchSize({ filterHeight, filterWidth, inChannels }: ConvInfo): number {
  return filterHeight * filterWidth * inChannels
}

/** Divides the outputs of a convolution into chunks. */
function chunksOf(info: ConvInfo): Chunk[] {
  const { batchSize, outHeight, outWidth } = info
  const rows = Math.max(1, Math.floor(CHUNK_SIZE / (outWidth * patchSize(info))))
  const chunks: Chunk[] = []
  for (let image = 0; image < batchSize; image++) {
    for (let fromRow = 0; fromRow < outHeight; fromRow += rows) {
      const toRow = Math.min(outHeight, fromRow + rows)
      chunks.push({ image, fromRow, toRow, positions: (toRow - fromRow) * outWidth })
    }
  }
  return chunks
}

/** Creates an array for the patches of the largest chunk. */
function createPatches(info: ConvInfo, chunks: readonly Chunk[]): Float32Array {
  return new Float32Array(
    chunks.reduce((most, { positions }) => Math.max(most, positions), 0) * patchSize(info),
  )
}

/**
 * Copies the window of each position of a chunk into a patch, with zeros beyond the edges of the
 * image (im2col).
 *
 * @param x [n, height, width, channels]
 * @param patches [position, patch]
 */
function gatherPatches(info: ConvInfo, chunk: Chunk, x: Float32Array, patches: Float32Array): void {
  const { outWidth, start, step, length, lineLength, taps } = lineGeometry(info)
  for (
    let row = chunk.fromRow, firstPatch = 0;
    row < chunk.toRow;
    row++, firstPatch += outWidth * taps
  ) {
    for (let kernelRow = 0; kernelRow < info.filterHeight; kernelRow++) {
      const line = lineOf(info, chunk, row, kernelRow)
      let to = firstPatch + kernelRow * length
      for (let column = 0, from = start; column < outWidth; column++, from += step, to += taps) {
        if (line >= 0 && from >= 0 && from + length <= lineLength)
          for (let i = 0, p = line + from; i < length; i++) patches[to + i] = x[p + i]!
        else
          for (let i = 0, at = from; i < length; i++, at++)
            patches[to + i] = line >= 0 && at >= 0 && at < lineLength ? x[line + at]! : 0
      }
    }
  }
}

/** Adds patches to the pixels that they would be gathered from (col2im). */
function scatterPatches(
  info: ConvInfo,
  chunk: Chunk,
  patches: Float32Array,
  x: Float32Array,
): void {
  const { outWidth, start, step, length, lineLength, taps } = lineGeometry(info)
  for (
    let row = chunk.fromRow, firstPatch = 0;
    row < chunk.toRow;
    row++, firstPatch += outWidth * taps
  ) {
    for (let kernelRow = 0; kernelRow < info.filterHeight; kernelRow++) {
      const line = lineOf(info, chunk, row, kernelRow)
      if (line < 0) continue
      let to = firstPatch + kernelRow * length
      for (let column = 0, from = start; column < outWidth; column++, from += step, to += taps) {
        const end = Math.min(length, lineLength - from)
        for (let i = Math.max(0, -from), p = line + from; i < end; i++)
          x[p + i]! += patches[to + i]!
      }
    }
  }
}

/**
 * Returns the start of the first window in a line, the distance to the next window, and the length
 * of windows. All are counts of numbers, and a pixel has one number for each channel.
 */
function lineGeometry(info: ConvInfo) {
  const { inWidth, inChannels, outWidth, filterWidth, strideWidth, padInfo } = info
  return {
    outWidth,
    start: -padInfo.left * inChannels,
    step: strideWidth * inChannels,
    length: filterWidth * inChannels,
    lineLength: inWidth * inChannels,
    taps: patchSize(info),
  }
}

/**
 * Returns the index of the first number of the image's line that a kernel's row falls on, or −1
 * above and below the image.
 */
function lineOf(
  { inHeight, inWidth, inChannels, strideHeight, padInfo }: ConvInfo,
  { image }: Chunk,
  row: number,
  kernelRow: number,
): number {
  const y = row * strideHeight - padInfo.top + kernelRow
  return y >= 0 && y < inHeight ? (image * inHeight + y) * inWidth * inChannels : -1
}
