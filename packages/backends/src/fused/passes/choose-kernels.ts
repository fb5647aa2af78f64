import type { OperationName } from '@mnist-lab/kernels'
import type { ActivationName } from '@mnist-lab/models'
import type {
  ActivationFunction,
  Convolution,
  Dense,
  Dropout,
  Graph,
  Operation,
  Pooling,
  Tensor,
  TanhPooling,
} from './lower.js'

/** How convolutions are computed, see `FusedOptions`. */
export type Convolutions = 'winograd' | 'direct'

/** A kernel, and why this one. */
interface Choice<Kernel extends string> {
  readonly kernel: Kernel
  readonly reason: string
}

/**
 * `winograd-gradients` sums plainly in the forward pass and computes the gradients by Winograd’s
 * method.
 */
export type ChosenConvolution = Convolution & Choice<'direct' | 'winograd' | 'winograd-gradients'>
export type ChosenDense = Dense & Choice<'direct' | 'sparse'>
/** `copied` first copies its input to a place of its own. */
type ChosenActivationFunction = ActivationFunction & Choice<'in-place' | 'copied'>
export type ChosenOperation =
  | ChosenConvolution
  | ChosenDense
  | ChosenActivationFunction
  | (Pooling & Choice<'windows'>)
  | (TanhPooling & Choice<'in-place'>)
  | (Dropout & Choice<'mask'>)

export interface ChosenGraph {
  readonly input: Tensor
  readonly operations: readonly ChosenOperation[]
}

/**
 * Winograd’s F(4 × 4, 5 × 5): tiles of 4 × 4 outputs from 8 × 8 inputs, which are transformed to 64
 * points. packages/kernels/assembly/winograd/forward.ts has the same numbers.
 */
export const WINOGRAD = { side: 4, overhang: 4, points: 64, taps: 25 } as const

/** Returns how many tiles cover so many outputs. */
export function tiles(outputs: number): number {
  return Math.ceil(outputs / WINOGRAD.side)
}

/** Pass 3. Chooses a kernel for every operation and says why. */
export function chooseKernels(
  { input, operations }: Graph,
  { convolutions }: { readonly convolutions: Convolutions },
): ChosenGraph {
  const chosen = operations.map((operation, index): ChosenOperation => {
    switch (operation.type) {
      case 'conv2d':
        return {
          ...operation,
          ...chooseConvolution(operation, convolutions, operations.slice(index + 1)),
        }
      case 'dense':
        return { ...operation, ...chooseDense(operation, index) }
      case 'activation':
        return operations[index - 1]?.type === 'activation'
          ? {
              ...operation,
              kernel: 'copied',
              reason: 'the activation function before it needs its output in the backward pass',
            }
          : { ...operation, kernel: 'in-place', reason: 'nothing else needs its input' }
      case 'tanhAvgPool2d':
        return {
          ...operation,
          kernel: 'in-place',
          reason: 'the windows are 2 × 2 and cover the output of tanh, so one pass does both',
        }
      case 'avgPool2d':
      case 'maxPool2d':
        return { ...operation, kernel: 'windows', reason: 'the only kernel for pooling' }
      case 'dropout':
        return {
          ...operation,
          kernel: 'mask',
          reason: 'the backward pass may need its input, so it writes to a place of its own',
        }
      case 'bias':
        throw new RangeError(`${operation.layer}: no kernel adds a bias alone`)
    }
  })
  return { input, operations: chosen }
}

function chooseConvolution(
  { window: { size, stride }, output }: Convolution,
  convolutions: Convolutions,
  after: readonly Operation[],
): Choice<ChosenConvolution['kernel']> {
  if (convolutions === 'direct') return { kernel: 'direct', reason: 'direct sums were asked for' }
  if (size.some((side) => side !== 5) || stride.some((step) => step !== 1))
    return {
      kernel: 'direct',
      reason: `Winograd’s method is for 5 × 5 taps with stride 1, and these are ${size.join(' × ')} with stride ${stride.join(' × ')}`,
    }
  const { height, width } = output
  const products = tiles(height) * tiles(width) * WINOGRAD.points
  if (products * 1.5 >= height * width * WINOGRAD.taps)
    return {
      kernel: 'direct',
      reason: `${height} × ${width} outputs fill too little of their tiles of 4 × 4 for Winograd’s method`,
    }
  const plain = height * width * WINOGRAD.taps
  const share = `${products} products for two channels instead of ${plain}`
  const decider = needsExactForward(after)
  if (decider === undefined) return { kernel: 'winograd', reason: `Winograd’s method: ${share}` }
  return {
    kernel: 'winograd-gradients',
    reason: `Winograd’s method for the gradients (${share}); plain sums forward, because ${decider} decides by the last bits`,
  }
}

/**
 * The kernels of every activation function, in the forward and in the backward pass. `hasKink` says
 * whether its derivative jumps, so that the last bits of its input can decide the derivative.
 */
export const ACTIVATION_KERNELS = {
  tanh: { forward: 'tanhInPlace', backward: 'tanhBackward', hasKink: false },
  relu: { forward: 'reluInPlace', backward: 'reluBackward', hasKink: true },
} as const satisfies Record<
  ActivationName,
  {
    readonly forward: OperationName
    readonly backward: OperationName
    readonly hasKink: boolean
  }
>

/**
 * Whether relu or max pooling comes before the next operation with parameters. They decide which
 * numbers are positive, or which of a window is the largest. Where two are nearly equal the last
 * bits decide, so those should be what a plain sum of products has.
 *
 * @returns the operation that decides
 */
function needsExactForward(after: readonly Operation[]): string | undefined {
  for (const operation of after) {
    const { type, layer } = operation
    if (
      type === 'maxPool2d' ||
      (type === 'activation' && ACTIVATION_KERNELS[operation.activation].hasKink)
    )
      return layer
    if (type === 'conv2d' || type === 'dense') return undefined
  }
  return undefined
}

function chooseDense({ input }: Dense, index: number): Choice<ChosenDense['kernel']> {
  if (index > 0) return { kernel: 'direct', reason: 'its input is not the images' }
  if (input.channels > 1)
    return { kernel: 'direct', reason: `the images have ${input.channels} channels` }
  return { kernel: 'sparse', reason: 'it reads the images, most of whose pixels are background' }
}
