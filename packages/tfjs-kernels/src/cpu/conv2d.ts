import type {
  Conv2DAttrs,
  Conv2DBackpropFilterAttrs,
  Conv2DBackpropInputAttrs,
} from '@tensorflow/tfjs-core'
import { epilogueOf, finishOutput, startOutput } from './epilogue.js'
import {
  floatInput,
  floatOutput,
  sizeOf,
  type TensorFlow,
  type TrainingKernel,
} from './kernel-call.js'
import {
  type Chunk,
  chunksOf,
  type ConvInfo,
  createPatches,
  gatherPatches,
  patchSize,
  scatterPatches,
} from './patches.js'
import { addProduct, type MatrixView, transposed } from './product.js'

/** `Conv2D` and `FusedConv2D`: patches [positions, patch] times the filter [patch, output channels]. */
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

/** The filter's gradient: transposed patches [patch, positions] times dy [positions, output channels]. */
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

/** The image's gradient: dy [positions, output channels] times the transposed filter, whose patches are added up. */
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

/** @returns undefined for what is left to the engine: NCHW, dilation, and shapes that do not fit */
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
