import { type Command, command } from '@mnist-lab/kernels'
import type { LayerInfo } from '@mnist-lab/models'
import { type Activation, type Allocator, type Blocks, type Border } from './activation.js'
import type { Convolutions, LayerProgram } from './layers.js'
import type { ParameterPlace } from './parameters.js'

// See packages/kernels/assembly/winograd-forward.ts: tiles of 4 × 4 outputs from 8 × 8 inputs, which go to 64 points.
const SIDE = 4
const OVERHANG = 4
const POINTS = 64
const TAPS = 25

/** Bytes of outputs' points that stay in the second-level cache beside all else. */
const GROUP_BYTES = 320 * 1024

function tiles(outputs: number): number {
  return Math.ceil(outputs / SIDE)
}

/** Whether a layer is a convolution that is computed so: 5 × 5 taps without a stride, and outputs enough to fill most of their tiles. */
export function isWinograd(
  { layer, window, outputShape }: LayerInfo,
  convolutions: Convolutions,
): boolean {
  if (layer.type !== 'conv2d' || convolutions === 'direct') return false
  const [height, width] = outputShape as [number, number, number]
  const { size, stride } = window!
  return (
    size[0] === 5 &&
    size[1] === 5 &&
    stride[0] === 1 &&
    stride[1] === 1 &&
    tiles(height) * tiles(width) * POINTS * 1.5 < height * width * TAPS
  )
}

/** The zeros around the input that its tiles reach. */
export function winogradBorder({ window, inputShape, outputShape }: LayerInfo): Border {
  const [height, width] = inputShape as [number, number, number]
  const [outHeight, outWidth] = outputShape as [number, number, number]
  const { top, left } = window!.padding
  return {
    top,
    left,
    bottom: tiles(outHeight) * SIDE + OVERHANG - top - height,
    right: tiles(outWidth) * SIDE + OVERHANG - left - width,
  }
}

export interface WinogradPlan {
  readonly memory: Allocator
  readonly blocks: Blocks
  readonly info: LayerInfo
  readonly x: Activation
  readonly y: Activation
  readonly kernel: ParameterPlace
  readonly bias: ParameterPlace
  readonly needsInputGradient: boolean
  /** The forward pass, where it is not to be computed so. */
  readonly direct: Command | undefined
}

/** The commands of such a convolution, and `prepare`, after its weights were written. */
export function winograd({
  memory,
  blocks,
  info,
  x,
  y,
  kernel,
  bias,
  needsInputGradient,
  direct,
}: WinogradPlan): Pick<LayerProgram, 'forward' | 'backward' | 'updates' | 'prepare'> {
  const { channels } = x
  const [outHeight, outWidth, outputs] = info.outputShape as [number, number, number]
  const { top, left } = info.window!.padding
  const sample = blocks.size * 4
  const vector = sample / 2
  const padded = Math.ceil(outputs / 4) * 4
  const [rows, columns] = [tiles(outHeight), tiles(outWidth)]
  // Of a tile's points of a channel; an odd number of cache lines, see PLANE in the kernel.
  const plane = POINTS * sample + 64
  const group = Math.max(1, Math.min(rows, Math.floor(GROUP_BYTES / (columns * outputs * plane))))
  const points = memory.takeSlots(blocks, rows * columns * channels * plane)
  const sums = memory.takePieces(blocks, (POINTS * channels + 1) * padded * vector)
  const scratch = memory.takeSlots(
    blocks,
    Math.max(
      (40 * outputs + 80) * sample,
      group * columns * outputs * plane + (72 * channels + 50) * sample,
    ),
  )
  const filter = memory.take(POINTS * channels * padded * 4)
  const input = command(
    'winogradInput',
    x.origin,
    x.block,
    x.channel,
    x.row,
    points.at,
    points.stride,
    scratch.at,
    scratch.stride,
    channels,
    outHeight,
    outWidth,
  )
  const output = command(
    'winogradForward',
    points.at,
    points.stride,
    filter,
    bias.weights,
    y.inner,
    y.block,
    y.channel,
    y.row,
    scratch.at,
    scratch.stride,
    channels,
    outputs,
    outHeight,
    outWidth,
  )
  const dx = needsInputGradient ? [x.gradient, x.gradientBlock] : [0, 0]
  const updates = Array.from({ length: padded / 4 }, (_, i) =>
    command(
      'winogradUpdate',
      sums.at,
      sums.stride - 2,
      kernel.weights,
      kernel.velocity,
      filter,
      bias.weights,
      bias.velocity,
      memory.take(129 * vector),
      channels,
      outputs,
      4 * i,
      4 * i + 4,
    ),
  )
  return {
    ...(direct === undefined ? { forward: [input, output] } : { forward: [direct] }),
    updates,
    backward: [
      ...(direct === undefined ? [] : [input]),
      command(
        'winogradBackward',
        y.gradient,
        y.gradientBlock,
        points.at,
        points.stride,
        sums.at,
        sums.stride,
        filter,
        ...dx,
        scratch.at,
        scratch.stride,
        group,
        channels,
        x.height,
        x.width,
        outputs,
        outHeight,
        outWidth,
        top,
        left,
      ),
    ],
    prepare: [command('winogradFilter', kernel.weights, filter, scratch.at, channels, outputs)],
  }
}
