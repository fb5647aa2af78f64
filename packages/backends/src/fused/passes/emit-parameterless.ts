import { type Command, command } from '@mnist-lab/kernels'
import { dropoutLevels, streamWords } from '@mnist-lab/core'
import type { Activation } from '../memory.js'
import { ACTIVATION_KERNELS } from './choose-kernels.js'
import { imageOf, type OperationCommands, plain, sizesOf } from './operation-commands.js'
import type {
  MemoryPlan,
  PlacedActivationFunction,
  PlacedDropout,
  PlacedPooling,
  PlacedTanhPooling,
} from './plan-memory.js'

/** Writes the commands of an activation function. */
export function emitActivation({
  activation,
  kernel,
  input,
  x,
  y,
}: PlacedActivationFunction): OperationCommands {
  const { forward, backward } = ACTIVATION_KERNELS[activation]
  const inPlace = { x: y.origin, bytes: y.bytes }
  const copy = kernel === 'in-place' ? [] : [copyOf(x, y)]
  return plain(
    [...copy, command(forward, inPlace)],
    input.needsGradient
      ? command(backward, { ...imageOf('y', y), dy: y.gradient, ...sizesOf(y) })
      : undefined,
  )
}

/** Writes the commands of tanh with the average of 2 × 2 windows. */
export function emitTanhPooling({ input, x, y }: PlacedTanhPooling): OperationCommands {
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

/** Writes the commands of average or maximum pooling. */
export function emitPooling({ type, window, input, x, y }: PlacedPooling): OperationCommands {
  const [poolHeight, poolWidth] = window.size
  const [strideHeight, strideWidth] = window.stride
  const pool = { poolHeight, poolWidth, strideHeight, strideWidth }
  const out = { outHeight: y.height, outWidth: y.width }
  const isMax = type === 'maxPool2d'
  const forward = {
    ...imageOf('x', x),
    ...imageOf('y', y),
    channels: x.channels,
    ...out,
    ...pool,
  }
  const backward = { dy: y.gradient, dx: x.gradient, ...sizesOf(x), ...out, ...pool }
  return plain(
    [isMax ? command('maxPoolForward', forward) : command('avgPoolForward', forward)],
    !input.needsGradient
      ? undefined
      : isMax
        ? command('maxPoolBackward', { ...imageOf('x', x), ...backward })
        : command('avgPoolBackward', backward),
  )
}

/** Writes the commands of dropout, which only copies in evaluation. */
export function emitDropout(
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

function copyOf(x: Activation, y: Activation): Command {
  return command('copy', { x: x.origin, y: y.origin, bytes: y.bytes })
}
