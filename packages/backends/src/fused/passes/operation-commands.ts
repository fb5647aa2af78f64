import { type Command, command, type Operand } from '@mnist-lab/kernels'
import type { Activation, ParameterPlace } from '../memory.js'

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

/**
 * Returns the commands of an operation that has no parameters and does the same in training and in
 * evaluation.
 */
export function plain(
  forward: readonly Command[],
  backward: Command | undefined,
): OperationCommands {
  return {
    forward,
    evalForward: forward,
    backward: backward === undefined ? [] : [backward],
    optimizerStep: [],
    onWeightsLoaded: [],
  }
}

/** Returns the command that makes the optimizer step of a bias. */
export function biasUpdate(y: Activation, bias: ParameterPlace): Command {
  return command('biasUpdate', {
    dy: y.gradient.address,
    weights: bias.weights,
    velocity: bias.state.velocity,
    channels: y.channels,
    positions: y.height * y.width,
  })
}

/** Returns the strides of an activation under the names that commands have for them. */
export function stridesOf<Name extends 'x' | 'y'>(
  name: Name,
  { channelStride, rowStride }: Activation,
): Record<`${Name}Channel` | `${Name}Row`, number> {
  return { [`${name}Channel`]: channelStride, [`${name}Row`]: rowStride } as Record<
    `${Name}Channel` | `${Name}Row`,
    number
  >
}

/** Returns an activation from its first pixel on, with its strides. */
export function imageOf<Name extends 'x' | 'y'>(
  name: Name,
  activation: Activation,
): Record<Name, Operand> & Record<`${Name}Channel` | `${Name}Row`, number> {
  const image = { [name]: activation.inner } as Record<Name, Operand>
  return { ...image, ...stridesOf(name, activation) }
}

/** Returns the sizes of an activation under the names that commands have for them. */
export function sizesOf({ channels, height, width }: Activation) {
  return { channels, height, width }
}

/** Which of the outputs, or of the inputs, a final command takes care of. */
export interface Range {
  readonly from: number
  readonly to: number
}

/** Returns commands that take care of `count` outputs or inputs, `size` of them each. */
export function parts(
  count: number,
  size: number,
  create: (range: Range, part: number) => Command,
): Command[] {
  return Array.from({ length: Math.ceil(count / size) }, (_, i) =>
    create({ from: i * size, to: Math.min(count, (i + 1) * size) }, i),
  )
}
