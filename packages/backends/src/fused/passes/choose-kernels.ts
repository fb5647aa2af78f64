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

/** Names how convolutions are computed; see `FusedOptions`. */
export type Convolutions = 'winograd' | 'direct'

/** A kernel, and the reason for choosing it. */
interface Choice<Kernel extends string> {
  readonly kernel: Kernel
  readonly reason: string
}

/**
 * A convolution with its kernel. `winograd-gradients` sums all products in the forward pass and
 * computes the gradients with Winograd’s method.
 */
export type ChosenConvolution = Convolution & Choice<'direct' | 'winograd' | 'winograd-gradients'>
/** A dense layer with its kernel. `sparse` skips the background pixels of the images. */
export type ChosenDense = Dense & Choice<'direct' | 'sparse'>
/** An activation function with its kernel. `copied` first copies its input to another buffer. */
type ChosenActivationFunction = ActivationFunction & Choice<'in-place' | 'copied'>
/** An operation with its kernel. */
export type ChosenOperation =
  | ChosenConvolution
  | ChosenDense
  | ChosenActivationFunction
  | (Pooling & Choice<'windows'>)
  | (TanhPooling & Choice<'in-place'>)
  | (Dropout & Choice<'mask'>)

/** A {@link Graph} whose operations have kernels. */
export interface ChosenGraph {
  readonly input: Tensor
  readonly operations: readonly ChosenOperation[]
}

/**
 * Winograd’s F(4 × 4, 5 × 5): tiles of 4 × 4 outputs from 8 × 8 inputs, which are transformed to 64
 * points. The sources in packages/kernels/assembly/winograd/ contain the same numbers.
 */
export const WINOGRAD = { side: 4, overhang: 4, points: 64, taps: 25 } as const

/** Returns how many tiles cover a row or a column of `outputs` outputs. */
export function tiles(outputs: number): number {
  return Math.ceil(outputs / WINOGRAD.side)
}

/** Chooses a kernel for every operation and gives the reason (pass 3). */
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
          reason: 'the backward pass may need its input, so it writes to another buffer',
        }
      case 'bias':
        throw new RangeError(
          `${operation.layer}: a bias needs a convolution or a dense layer before it, because no kernel adds a bias alone`,
        )
    }
  })
  return { input, operations: chosen }
}

function chooseConvolution(
  { window: { size, stride }, output }: Convolution,
  convolutions: Convolutions,
  after: readonly Operation[],
): Choice<ChosenConvolution['kernel']> {
  if (convolutions === 'direct')
    return { kernel: 'direct', reason: 'the options ask for direct sums' }
  if (size.some((side) => side !== 5) || stride.some((step) => step !== 1))
    return {
      kernel: 'direct',
      reason: `Winograd’s method is for 5 × 5 filters with stride 1, and this one is ${size.join(' × ')} with stride ${stride.join(' × ')}`,
    }
  const { height, width } = output
  const products = tiles(height) * tiles(width) * WINOGRAD.points
  if (products * 1.5 >= height * width * WINOGRAD.taps)
    return {
      kernel: 'direct',
      reason: `${height} × ${width} outputs fill too little of their tiles of 4 × 4 for Winograd’s method`,
    }
  const direct = height * width * WINOGRAD.taps
  const share = `${products} products for two channels instead of ${direct}`
  const exactLayer = needsExactForward(after)
  if (exactLayer === undefined) return { kernel: 'winograd', reason: `Winograd’s method: ${share}` }
  return {
    kernel: 'winograd-gradients',
    reason: `Winograd’s method for the gradients (${share}); direct sums in the forward pass, because ${exactLayer} can switch on a difference in the last bits`,
  }
}

/**
 * The kernels of every activation function, in the forward and in the backward pass. `hasKink` says
 * whether the function's derivative jumps, so that a difference in the last bits of its input can
 * change the derivative.
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
 * Returns the layer of the relu or max pooling that comes before the next operation with
 * parameters, or undefined if there is none. Relu depends on the sign of a number and max pooling
 * on which number of a window is the largest. If two numbers are nearly equal, the last bits decide
 * this, so the forward pass before them has to give the bits of a direct sum.
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
