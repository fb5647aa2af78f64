import { type Command, command, COMMAND_WORDS, NO_OPERAND, type Operand } from '@mnist-lab/kernels'
import { dropoutLevels, streamWords } from '@mnist-lab/core'
import type { Loss } from '../../interface.js'
import { type Activation, paddedOutputs, type ParameterPlace } from '../memory.js'
import { ACTIVATION_KERNELS } from './choose-kernels.js'
import type { Window } from './lower.js'
import type {
  DenseBuffers,
  MemoryPlan,
  PlacedConvolution,
  PlacedDense,
  PlacedDropout,
  PlacedOperation,
  SparseBuffers,
  WinogradBuffers,
} from './plan-memory.js'

/** The commands of one operation. */
export interface OperationCommands {
  /** For every block, in training. */
  readonly forward: readonly Command[]
  /** For every block, where dropout does nothing. */
  readonly evalForward: readonly Command[]
  /** For every block: turns the output’s gradient into the input’s. */
  readonly backward: readonly Command[]
  /** Once, when the gradients of all blocks are there; in any order. */
  readonly optimizerStep: readonly Command[]
  /** Once, after weights were loaded; in any order. */
  readonly onWeightsLoaded: readonly Command[]
}

/** Commands one after the other in memory. */
export interface CommandList {
  readonly address: number
  readonly commands: readonly Command[]
}

/** The command lists of a program. */
export interface Emitted {
  /** Of each operation, in their order. */
  readonly operations: readonly OperationCommands[]
  /** Per block: data, forward pass, loss, backward pass. */
  readonly train: CommandList
  readonly evaluate: CommandList
  readonly predict: CommandList
  readonly optimizerStep: CommandList
  readonly onWeightsLoaded: CommandList
}

export interface EmitOptions {
  readonly loss: Loss
  /** Of the dropout masks. */
  readonly seed: number
}

/**
 * Pass 5. Writes the commands of every operation, and the lists that a pass over the batch runs.
 */
export function emit(plan: MemoryPlan, { loss, seed }: EmitOptions): Emitted {
  const { memory, input, output, logits } = plan
  const operations = plan.operations.map((operation) => emitOperation(operation, plan, seed))
  const load = command('loadImages', {
    images: plan.images,
    table: plan.table.address,
    y: input.inner,
    ...stridesOf('y', input),
    channels: input.channels,
    height: input.height,
    width: input.width,
  })
  const crossEntropy = command('crossEntropy', {
    logits: output.inner,
    labels: plan.labels,
    sampleWeights: plan.sampleWeights,
    gradient: output.gradient,
    result: plan.results,
    classes: output.channels,
    double: loss === 'doubleSoftmaxCrossEntropy' ? 1 : 0,
  })
  const deinterleave = command('deinterleave', {
    x: output.inner,
    y: logits,
    features: output.channels,
  })
  const list = (name: string, commands: readonly Command[]): CommandList => {
    const { address } = memory.take(name, 'program', commands.length * COMMAND_WORDS * 4)
    return { address, commands }
  }
  const evalForward = operations.flatMap((one) => one.evalForward)
  return {
    operations,
    train: list('commands, training', [
      load,
      ...operations.flatMap(({ forward }) => forward),
      crossEntropy,
      ...operations.toReversed().flatMap(({ backward }) => backward),
    ]),
    evaluate: list('commands, evaluation', [load, ...evalForward, crossEntropy]),
    predict: list('commands, prediction', [load, ...evalForward, deinterleave]),
    optimizerStep: list(
      'commands, optimizer step',
      operations.flatMap((one) => one.optimizerStep),
    ),
    onWeightsLoaded: list(
      'commands, weights loaded',
      operations.flatMap((one) => one.onWeightsLoaded),
    ),
  }
}

/** An operation that treats training and evaluation alike and has no parameters. */
function plain(forward: readonly Command[], backward: Command | undefined): OperationCommands {
  return {
    forward,
    evalForward: forward,
    backward: backward === undefined ? [] : [backward],
    optimizerStep: [],
    onWeightsLoaded: [],
  }
}

function emitOperation(
  operation: PlacedOperation,
  plan: MemoryPlan,
  seed: number,
): OperationCommands {
  const { x, y, input } = operation
  switch (operation.type) {
    case 'conv2d':
      return operation.winograd === undefined
        ? emitDirectConvolution(operation)
        : emitWinograd(operation, operation.winograd)
    case 'dense':
      return operation.sparse === undefined
        ? emitDense(operation, operation.dense!, plan)
        : emitSparseDense(operation, operation.sparse, plan)
    case 'dropout':
      return emitDropout(operation, plan, seed)
    case 'activation': {
      const { forward, backward } = ACTIVATION_KERNELS[operation.activation]
      const inPlace = { x: y.origin, bytes: y.bytes }
      const copy = operation.kernel === 'in-place' ? [] : [copyOf(x, y)]
      return plain(
        [...copy, command(forward, inPlace)],
        input.needsGradient
          ? command(backward, { ...imageOf('y', y), dy: y.gradient, ...sizesOf(y) })
          : undefined,
      )
    }
    case 'tanhAvgPool2d': {
      const sizes = { channels: x.channels, outHeight: y.height, outWidth: y.width }
      return plain(
        [command('tanhAvgPoolForward', { ...imageOf('x', x), ...imageOf('y', y), ...sizes })],
        input.needsGradient
          ? command('tanhAvgPoolBackward', {
              ...imageOf('x', x),
              dy: y.gradient,
              dx: x.gradient,
              ...sizes,
            })
          : undefined,
      )
    }
    case 'avgPool2d':
    case 'maxPool2d': {
      const [poolHeight, poolWidth] = operation.window.size
      const [strideHeight, strideWidth] = operation.window.stride
      const window = { poolHeight, poolWidth, strideHeight, strideWidth }
      const out = { outHeight: y.height, outWidth: y.width }
      const isMax = operation.type === 'maxPool2d'
      const forward = {
        ...imageOf('x', x),
        ...imageOf('y', y),
        channels: x.channels,
        ...out,
        ...window,
      }
      const backward = { dy: y.gradient, dx: x.gradient, ...sizesOf(x), ...out, ...window }
      return plain(
        [isMax ? command('maxPoolForward', forward) : command('avgPoolForward', forward)],
        !input.needsGradient
          ? undefined
          : isMax
            ? command('maxPoolBackward', { ...imageOf('x', x), ...backward })
            : command('avgPoolBackward', backward),
      )
    }
  }
}

/** The convolution as plain sums, forward. */
function directForward({ window, x, y, weights, bias }: PlacedConvolution): Command {
  return command('convForward', {
    x: x.origin,
    ...stridesOf('x', x),
    weights: weights.weights,
    bias: bias.weights,
    ...imageOf('y', y),
    channels: x.channels,
    outChannels: y.channels,
    outHeight: y.height,
    outWidth: y.width,
    ...kernelOf(window),
  })
}

function emitDirectConvolution(operation: PlacedConvolution): OperationCommands {
  const { window, input, x, y, weights, bias } = operation
  const sizes = { outChannels: y.channels, outHeight: y.height, outWidth: y.width }
  const forward = directForward(operation)
  const inputGradient = command('convBackwardData', {
    dy: y.gradient,
    weights: weights.weights,
    dx: x.gradient,
    ...sizesOf(x),
    ...sizes,
    ...kernelOf(window),
    top: window.padding.top,
    left: window.padding.left,
  })
  return {
    ...plain([forward], input.needsGradient ? inputGradient : undefined),
    optimizerStep: [
      ...parts(y.channels, 2, (range) =>
        command('convUpdate', {
          x: x.origin.address,
          xBlock: x.origin.stride,
          ...stridesOf('x', x),
          dy: y.gradient.address,
          weights: weights.weights,
          velocity: weights.state.velocity,
          channels: x.channels,
          ...sizes,
          ...kernelOf(window),
          ...range,
        }),
      ),
      biasUpdate(y, bias),
    ],
  }
}

function emitWinograd(
  operation: PlacedConvolution,
  { points, sums, scratch, filter, updateScratch, group }: WinogradBuffers,
): OperationCommands {
  const { kernel, window, input, x, y, weights, bias } = operation
  const out = { outHeight: y.height, outWidth: y.width }
  const toPoints = command('winogradInput', {
    x: x.origin,
    ...stridesOf('x', x),
    points,
    scratch,
    channels: x.channels,
    ...out,
  })
  const fromPoints = command('winogradForward', {
    points,
    filter: filter.address,
    bias: bias.weights,
    ...imageOf('y', y),
    scratch,
    channels: x.channels,
    outChannels: y.channels,
    ...out,
  })
  const gradients = command('winogradBackward', {
    dy: y.gradient,
    points,
    sums,
    filter: filter.address,
    dx: input.needsGradient ? x.gradient : NO_OPERAND,
    scratch,
    group,
    ...sizesOf(x),
    outChannels: y.channels,
    ...out,
    top: window.padding.top,
    left: window.padding.left,
  })
  const exact = kernel === 'winograd-gradients'
  const forward = exact ? [directForward(operation)] : [toPoints, fromPoints]
  return {
    forward,
    evalForward: forward,
    backward: exact ? [toPoints, gradients] : [gradients],
    optimizerStep: updateScratch.map((own, i) =>
      command('winogradUpdate', {
        sums: sums.address,
        sumChunk: sums.stride,
        weights: weights.weights,
        velocity: weights.state.velocity,
        filter: filter.address,
        bias: bias.weights,
        biasVelocity: bias.state.velocity,
        scratch: own.address,
        channels: x.channels,
        outChannels: y.channels,
        from: 4 * i,
        to: 4 * i + 4,
      }),
    ),
    onWeightsLoaded: [
      command('winogradFilter', {
        weights: weights.weights,
        filter: filter.address,
        scratch: scratch.address,
        channels: x.channels,
        outChannels: y.channels,
      }),
    ],
  }
}

/** A matrix of [input, unit], its inputs in the order that the activations have. */
function emitDense(
  { input, x, y, weights, bias }: PlacedDense,
  { transposed, inputsPerPart }: DenseBuffers,
  { blocks: { size, count } }: MemoryPlan,
): OperationCommands {
  const units = y.channels
  const inputs = x.channels * x.height * x.width
  const sampleBytes = size * 4
  const tileOfBlock = size * sampleBytes
  const dyTile = count * tileOfBlock
  // A convolution over one row of one channel, as long as its kernel.
  const forward = command('convForward', {
    x: x.origin,
    xChannel: 0,
    xRow: 0,
    weights: weights.weights,
    bias: bias.weights,
    ...imageOf('y', y),
    channels: 1,
    outChannels: units,
    outHeight: 1,
    outWidth: 1,
    kernelHeight: 1,
    kernelWidth: inputs,
    strideHeight: 1,
    strideWidth: 1,
  })
  // The gradient of its input is that of as many channels of one pixel.
  const inputGradient = command('convBackwardData', {
    dy: y.gradient,
    weights: weights.weights,
    dx: x.gradient,
    channels: inputs,
    height: 1,
    width: 1,
    outChannels: units,
    outHeight: 1,
    outWidth: 1,
    kernelHeight: 1,
    kernelWidth: 1,
    strideHeight: 1,
    strideWidth: 1,
    top: 0,
    left: 0,
  })
  const transpose = command('transposeGradient', {
    dy: y.gradient,
    target: { address: transposed.address, stride: tileOfBlock, scope: 'block' },
    tileBytes: dyTile,
    sampleBytes,
    units,
  })
  return {
    forward: [forward],
    evalForward: [forward],
    backward: [transpose, ...(input.needsGradient ? [inputGradient] : [])],
    optimizerStep: [
      ...parts(inputs, inputsPerPart, (range) =>
        command('denseUpdate', {
          x: x.origin.address,
          xBlock: x.origin.stride,
          dy: transposed.address,
          dyTile,
          weights: weights.weights,
          velocity: weights.state.velocity,
          units,
          ...range,
        }),
      ),
      biasUpdate(y, bias),
    ],
    onWeightsLoaded: [],
  }
}

/** As {@link emitDense}, of images: x · w is summed over the pixels that are not background. */
function emitSparseDense(
  { x, y, weights, bias }: PlacedDense,
  { rows, sums, scratch, updateScratch, inputsPerPart }: SparseBuffers,
  { blocks, images, table }: MemoryPlan,
): OperationCommands {
  const units = y.channels
  const inputs = x.channels * x.height * x.width
  const row = paddedOutputs(units) * 4
  const sumsOf = ({ from }: Range) => sums.address + (from / inputsPerPart) * row
  const forward = command('sparseForward', {
    images,
    table: table.address,
    weights: weights.weights,
    bias: bias.weights,
    sums: sums.address,
    parts: updateScratch.length,
    y: y.inner,
    scratch,
    inputs,
    units,
  })
  const transpose = command('transposeGradient', {
    dy: y.gradient,
    target: rows,
    // Tiles of as many units as a block has samples, one after the other in a row.
    tileBytes: blocks.size * 4,
    sampleBytes: row,
    units,
  })
  return {
    forward: [forward],
    evalForward: [forward],
    backward: [transpose],
    optimizerStep: [
      ...parts(inputs, inputsPerPart, (range, i) =>
        command('sparseUpdate', {
          x: x.origin.address,
          xBlock: x.origin.stride,
          table: table.address,
          dy: rows.address,
          weights: weights.weights,
          velocity: weights.state.velocity,
          sums: sumsOf(range),
          scratch: updateScratch[i]!.address,
          units,
          ...range,
        }),
      ),
      biasUpdate(y, bias),
    ],
    onWeightsLoaded: parts(inputs, inputsPerPart, (range) =>
      command('sumRows', { weights: weights.weights, sums: sumsOf(range), units, ...range }),
    ),
  }
}

function emitDropout(
  { rate, index, input, x, y, mask }: PlacedDropout,
  plan: MemoryPlan,
  seed: number,
): OperationCommands {
  const { threshold, scale } = dropoutLevels(rate)
  const positions = x.height * x.width
  // The gradient has no border.
  const rowStride = x.width * plan.blocks.size * 4
  return {
    forward: [
      command('dropoutMask', {
        mask,
        positions,
        channels: x.channels,
        purpose: streamWords(seed, 'dropout', index).purpose,
        threshold,
        scale,
      }),
      command('multiplyInto', {
        x: x.inner,
        y: y.inner,
        channelStride: y.channelStride,
        rowStride: y.rowStride,
        mask,
        ...sizesOf(x),
      }),
    ],
    evalForward: [copyOf(x, y)],
    backward: input.needsGradient
      ? [
          command('multiplyInto', {
            x: y.gradient,
            y: y.gradient,
            channelStride: x.height * rowStride,
            rowStride,
            mask,
            ...sizesOf(x),
          }),
        ]
      : [],
    optimizerStep: [],
    onWeightsLoaded: [],
  }
}

function biasUpdate(y: Activation, bias: ParameterPlace): Command {
  return command('biasUpdate', {
    dy: y.gradient.address,
    weights: bias.weights,
    velocity: bias.state.velocity,
    channels: y.channels,
    positions: y.height * y.width,
  })
}

function copyOf(x: Activation, y: Activation): Command {
  return command('copy', { x: x.origin, y: y.origin, bytes: y.bytes })
}

/** The strides of an activation under the names that commands have for them. */
function stridesOf<Name extends 'x' | 'y'>(
  name: Name,
  { channelStride, rowStride }: Activation,
): Record<`${Name}Channel` | `${Name}Row`, number> {
  return { [`${name}Channel`]: channelStride, [`${name}Row`]: rowStride } as Record<
    `${Name}Channel` | `${Name}Row`,
    number
  >
}

/** An activation from its first pixel on, with its strides. */
function imageOf<Name extends 'x' | 'y'>(
  name: Name,
  activation: Activation,
): Record<Name, Operand> & Record<`${Name}Channel` | `${Name}Row`, number> {
  const image = { [name]: activation.inner } as Record<Name, Operand>
  return { ...image, ...stridesOf(name, activation) }
}

function sizesOf({ channels, height, width }: Activation) {
  return { channels, height, width }
}

function kernelOf({ size, stride }: Window) {
  return {
    kernelHeight: size[0],
    kernelWidth: size[1],
    strideHeight: stride[0],
    strideWidth: stride[1],
  }
}

/** Which of the outputs, or of the inputs, a final command takes care of. */
interface Range {
  readonly from: number
  readonly to: number
}

/** Commands for `count`, `size` at a time. */
function parts(
  count: number,
  size: number,
  create: (range: Range, part: number) => Command,
): Command[] {
  return Array.from({ length: Math.ceil(count / size) }, (_, i) =>
    create({ from: i * size, to: Math.min(count, (i + 1) * size) }, i),
  )
}
