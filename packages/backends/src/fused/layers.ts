import { type Command, command, floatWord } from '@mnist-lab/kernels'
import type { LayerInfo } from '@mnist-lab/models'
import { dropoutLevels, streamWords } from '@mnist-lab/core'
import {
  type Activation,
  type Allocator,
  type Blocks,
  type Border,
  createActivation,
} from './activation.js'
import { type ParameterPlace, placeParameter } from './parameters.js'
import { isWinograd, winograd } from './winograd.js'

/** A layer in its place: its input, output and parameters have addresses, and what it does are commands. */
export interface LayerProgram {
  readonly output: Activation
  /** In the order of the model's weights. */
  readonly parameters: readonly ParameterPlace[]
  /** For every block, in training. */
  readonly forward: readonly Command[]
  /** For every block, where dropout does nothing. */
  readonly infer: readonly Command[]
  /** For every block: turns the output's gradient into the input's. */
  readonly backward: readonly Command[]
  /** Once all blocks' gradients are there; in any order. */
  readonly updates: readonly Command[]
  /** After weights were loaded. */
  readonly prepare?: readonly Command[]
}

/** How convolutions are computed, see `FusedOptions`. */
export type Convolutions = 'winograd' | 'direct'

/** Where a layer stands. */
export interface LayerPlan {
  readonly memory: Allocator
  readonly blocks: Blocks
  readonly info: LayerInfo
  /** In the spec, which numbers the dropout masks. */
  readonly index: number
  readonly x: Activation
  /** Around the output, for the next convolution. */
  readonly border: Border
  readonly seed: number
  readonly convolutions: Convolutions
  /** Whether a layer before it has parameters. */
  readonly needsInputGradient: boolean
  /**
   * Whether something is decided by the output: which numbers are positive (relu), which of a window is the largest. Where two are
   * nearly equal the last bits decide, so those should be what a plain sum of products has.
   */
  readonly decides: boolean
  /** Whether an update reads what the layer leaves. */
  readonly isRead: boolean
  /** Where the input is the images as they come: their bytes, `bytes` a block, and what those stand for. */
  readonly images:
    { readonly at: number; readonly bytes: number; readonly table: number } | undefined
}

export function convolution({
  memory,
  blocks,
  info,
  x,
  border,
  needsInputGradient,
  convolutions,
  decides,
  isRead,
}: LayerPlan): LayerProgram {
  const [height, width, outputs] = info.outputShape as [number, number, number]
  const { size, stride, padding } = info.window!
  const isFast = isWinograd(info, convolutions)
  const y = createActivation(memory, blocks, [height, width, outputs], border, {
    values: isRead,
    gradient: !isFast,
  })
  const kernel = placeParameter(memory, size[0] * size[1], x.channels, outputs)
  const bias = placeParameter(memory, 1, 1, outputs)
  const parameters = [kernel, bias]
  const direct = command(
    'convForward',
    x.origin,
    x.block,
    x.channel,
    x.row,
    kernel.weights,
    bias.weights,
    y.inner,
    y.block,
    y.channel,
    y.row,
    x.channels,
    outputs,
    height,
    width,
    ...size,
    ...stride,
  )
  if (isFast) {
    const { forward, ...commands } = winograd({
      memory,
      blocks,
      info,
      x,
      y,
      kernel,
      bias,
      needsInputGradient,
      direct: decides ? direct : undefined,
    })
    return { output: y, parameters, forward, infer: forward, ...commands }
  }
  return {
    output: y,
    parameters,
    forward: [direct],
    infer: [direct],
    backward: needsInputGradient
      ? [
          command(
            'convBackwardData',
            y.gradient,
            y.gradientBlock,
            kernel.weights,
            x.gradient,
            x.gradientBlock,
            x.channels,
            x.height,
            x.width,
            outputs,
            height,
            width,
            ...size,
            ...stride,
            padding.top,
            padding.left,
          ),
        ]
      : [],
    updates: [
      ...parts(outputs, 2, (from, to) =>
        command(
          'convUpdate',
          x.origin,
          x.block,
          x.channel,
          x.row,
          y.gradient,
          kernel.weights,
          kernel.velocity,
          x.channels,
          outputs,
          height,
          width,
          ...size,
          ...stride,
          from,
          to,
        ),
      ),
      command('biasUpdate', y.gradient, bias.weights, bias.velocity, outputs, height * width),
    ],
  }
}

/** A matrix of [input, unit], its inputs in the order that the activations have. */
export function dense({
  memory,
  blocks,
  info,
  x,
  border,
  needsInputGradient,
  images,
  isRead,
}: LayerPlan): LayerProgram {
  const units = info.outputShape.at(-1)!
  const inputs = x.channels * x.height * x.width
  const y = createActivation(memory, blocks, [1, 1, units], border, {
    values: isRead,
    gradient: true,
  })
  const kernel = placeParameter(memory, x.height * x.width, x.channels, units)
  const bias = placeParameter(memory, 1, 1, units)
  // A convolution over one row of one channel, as long as its kernel; its input's gradient is that of inputs channels of one pixel.
  const direct = [
    command(
      'convForward',
      x.origin,
      x.block,
      0,
      0,
      kernel.weights,
      bias.weights,
      y.inner,
      y.block,
      y.channel,
      y.row,
      1,
      units,
      1,
      1,
      1,
      inputs,
      1,
      1,
    ),
  ]
  const inputGradient = command(
    'convBackwardData',
    y.gradient,
    y.gradientBlock,
    kernel.weights,
    x.gradient,
    x.gradientBlock,
    inputs,
    1,
    1,
    units,
    1,
    1,
    1,
    1,
    1,
    1,
    0,
    0,
  )
  const biasUpdate = command('biasUpdate', y.gradient, bias.weights, bias.velocity, units, 1)
  const each = Math.max(4, Math.ceil(inputs / 64) * 4)
  if (images !== undefined && x.channels === 1) {
    const count = Math.ceil(inputs / each)
    const row = Math.ceil(units / 4) * 16
    // [block][sample][unit]
    const rows = memory.take(blocks.count * blocks.size * row)
    const transpose = command(
      'transposeGradient',
      y.gradient,
      y.gradientBlock,
      rows,
      blocks.size * row,
      blocks.size * 4,
      row,
      units,
    )
    const sums = memory.take(count * row)
    const scratch = memory.takeSlots(blocks, row + (inputs + 1) * 8)
    const forward = [
      command(
        'sparseForward',
        images.at,
        images.bytes,
        images.table,
        kernel.weights,
        bias.weights,
        sums,
        count,
        y.inner,
        y.block,
        scratch.at,
        scratch.stride,
        inputs,
        units,
      ),
    ]
    return {
      output: y,
      parameters: [kernel, bias],
      forward,
      infer: forward,
      backward: [transpose],
      updates: [
        ...parts(inputs, each, (from, to) =>
          command(
            'sparseUpdate',
            x.origin,
            x.block,
            images.table,
            rows,
            kernel.weights,
            kernel.velocity,
            sums + (from / each) * row,
            memory.take(row + blocks.count * blocks.size * 8),
            units,
            from,
            to,
          ),
        ),
        biasUpdate,
      ],
      prepare: parts(inputs, each, (from, to) =>
        command('sumRows', kernel.weights, sums + (from / each) * row, units, from, to),
      ),
    }
  }
  // [tile of as many units as a block has samples][block][sample][unit]
  const transposedSample = blocks.size * 4
  const transposedBlock = blocks.size * transposedSample
  const transposedTile = blocks.count * transposedBlock
  const transposed = memory.take(Math.ceil(units / blocks.size) * transposedTile)
  return {
    output: y,
    parameters: [kernel, bias],
    forward: direct,
    infer: direct,
    backward: [
      command(
        'transposeGradient',
        y.gradient,
        y.gradientBlock,
        transposed,
        transposedBlock,
        transposedTile,
        transposedSample,
        units,
      ),
      ...(needsInputGradient ? [inputGradient] : []),
    ],
    updates: [
      ...parts(inputs, each, (from, to) =>
        command(
          'denseUpdate',
          x.origin,
          x.block,
          transposed,
          transposedTile,
          kernel.weights,
          kernel.velocity,
          units,
          from,
          to,
        ),
      ),
      biasUpdate,
    ],
  }
}

/** tanh in its input's place and the average of what it leaves, in one pass; see {@link poolsTanh}. */
export function tanhPooling({
  memory,
  blocks,
  info,
  x,
  border,
  needsInputGradient,
  isRead,
}: LayerPlan): LayerProgram {
  const [height, width] = info.outputShape as [number, number]
  const y = createActivation(memory, blocks, [height, width, x.channels], border, {
    values: isRead,
    gradient: false,
  })
  const forward = [
    command(
      'tanhAvgPoolForward',
      x.inner,
      x.block,
      x.channel,
      x.row,
      y.inner,
      y.block,
      y.channel,
      y.row,
      x.channels,
      height,
      width,
    ),
  ]
  const backward = command(
    'tanhAvgPoolBackward',
    x.inner,
    x.block,
    x.channel,
    x.row,
    y.gradient,
    y.gradientBlock,
    x.gradient,
    x.gradientBlock,
    x.channels,
    height,
    width,
  )
  return {
    output: y,
    parameters: [],
    forward,
    infer: forward,
    backward: needsInputGradient ? [backward] : [],
    updates: [],
  }
}

/** Whether a layer is an average of 2 × 2 that comes right after tanh, with windows side by side that cover its input. */
export function poolsTanh(
  before: LayerInfo | undefined,
  { layer, window, inputShape, outputShape }: LayerInfo,
): boolean {
  return (
    before?.layer.type === 'tanh' &&
    layer.type === 'avgPool2d' &&
    [0, 1].every(
      (side) =>
        window!.size[side] === 2 &&
        window!.stride[side] === 2 &&
        outputShape[side]! * 2 === inputShape[side],
    )
  )
}

export function pooling(
  { memory, blocks, info, x, border, needsInputGradient, isRead }: LayerPlan,
  type: 'avgPool2d' | 'maxPool2d',
): LayerProgram {
  const [height, width] = info.outputShape as [number, number]
  const { size, stride } = info.window!
  const y = createActivation(memory, blocks, [height, width, x.channels], border, {
    values: isRead,
    gradient: false,
  })
  const forward = [
    command(
      type === 'avgPool2d' ? 'avgPoolForward' : 'maxPoolForward',
      x.inner,
      x.block,
      x.channel,
      x.row,
      y.inner,
      y.block,
      y.channel,
      y.row,
      x.channels,
      height,
      width,
      ...size,
      ...stride,
    ),
  ]
  const shapes = [x.channels, x.height, x.width, height, width, ...size, ...stride]
  const backward =
    type === 'avgPool2d'
      ? command(
          'avgPoolBackward',
          y.gradient,
          y.gradientBlock,
          x.gradient,
          x.gradientBlock,
          ...shapes,
        )
      : command(
          'maxPoolBackward',
          x.inner,
          x.block,
          x.channel,
          x.row,
          y.gradient,
          y.gradientBlock,
          x.gradient,
          x.gradientBlock,
          ...shapes,
        )
  return {
    output: y,
    parameters: [],
    forward,
    infer: forward,
    backward: needsInputGradient ? [backward] : [],
    updates: [],
  }
}

/**
 * tanh and relu, in their input's place: the layer before needs its output no more. Only after another such function, which does,
 * in a place of their own. Both leave a border of zeros as it is.
 */
export function elementwise(
  plan: LayerPlan,
  type: 'tanh' | 'relu',
  ownPlace: boolean,
): LayerProgram {
  const { memory, blocks, x, border, needsInputGradient, isRead } = plan
  const y = ownPlace
    ? createActivation(memory, blocks, [x.height, x.width, x.channels], border, {
        values: isRead,
        gradient: x,
      })
    : x
  const forward = [
    ...(ownPlace ? [copy(x, y)] : []),
    command(type === 'tanh' ? 'tanhInPlace' : 'reluInPlace', y.origin, y.block, y.bytes),
  ]
  const backward = command(
    type === 'tanh' ? 'tanhBackward' : 'reluBackward',
    y.inner,
    y.block,
    y.channel,
    y.row,
    y.gradient,
    y.gradientBlock,
    y.channels,
    y.height,
    y.width,
  )
  return {
    output: y,
    parameters: [],
    forward,
    infer: forward,
    backward: needsInputGradient ? [backward] : [],
    updates: [],
  }
}

/** Not in place: what an activation function left must stay for its backward pass. */
export function dropout(
  { memory, blocks, x, border, index, seed, needsInputGradient, isRead }: LayerPlan,
  rate: number,
): LayerProgram {
  const { channels, height, width } = x
  const y = createActivation(memory, blocks, [height, width, channels], border, {
    values: isRead,
    gradient: x,
  })
  const { at: mask, stride: maskBlock } = memory.takeSlots(
    blocks,
    channels * height * width * blocks.size * 4,
  )
  const { threshold, scale } = dropoutLevels(rate)
  const rowBytes = width * blocks.size * 4
  return {
    output: y,
    parameters: [],
    updates: [],
    forward: [
      command(
        'dropoutMask',
        mask,
        maskBlock,
        height * width,
        channels,
        streamWords(seed, 'dropout', index).purpose,
        threshold,
        floatWord(scale),
      ),
      command(
        'multiplyInto',
        x.inner,
        x.block,
        y.inner,
        y.block,
        y.channel,
        y.row,
        mask,
        maskBlock,
        channels,
        height,
        width,
      ),
    ],
    infer: [copy(x, y)],
    backward: needsInputGradient
      ? [
          command(
            'multiplyInto',
            y.gradient,
            y.gradientBlock,
            y.gradient,
            y.gradientBlock,
            height * rowBytes,
            rowBytes,
            mask,
            maskBlock,
            channels,
            height,
            width,
          ),
        ]
      : [],
  }
}

function copy(from: Activation, to: Activation): Command {
  return command('copy', from.origin, from.block, to.origin, to.block, to.bytes)
}

/** Of `count`, `size` at a time. */
function parts(
  count: number,
  size: number,
  create: (from: number, to: number) => Command,
): Command[] {
  return Array.from({ length: Math.ceil(count / size) }, (_, i) =>
    create(i * size, Math.min(count, (i + 1) * size)),
  )
}
