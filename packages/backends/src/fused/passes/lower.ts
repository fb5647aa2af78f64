import { type ActivationName, inferShapes, type LayerInfo, type ModelSpec } from '@mnist-lab/models'

/** The height and width of a window, its stride, and the zeros around the image. */
export type Window = NonNullable<LayerInfo['window']>

/** A tensor that an operation reads or writes: [channel][row][column] float32 for every sample. */
export interface Tensor {
  readonly id: number
  readonly height: number
  readonly width: number
  readonly channels: number
  /**
   * Whether an operation before this tensor has parameters, so that the backward pass needs the
   * tensor's gradient.
   */
  readonly needsGradient: boolean
}

/** Returns how many numbers a tensor has for each sample. */
export function elements({ height, width, channels }: Tensor): number {
  return height * width * channels
}

interface Common {
  /** The name of the layer that the operation comes from. */
  readonly layer: string
  readonly input: Tensor
  readonly output: Tensor
}

/** A convolution. `addsBias` says whether the operation also adds the bias. */
export interface Convolution extends Common {
  readonly type: 'conv2d'
  readonly window: Window
  readonly addsBias: boolean
}

/** A product with the weights of a dense layer. `addsBias` says whether it also adds the bias. */
export interface Dense extends Common {
  readonly type: 'dense'
  readonly addsBias: boolean
}

/** Adds a number to every channel of a convolution, or to every unit of a dense layer. */
interface Bias extends Common {
  readonly type: 'bias'
}

/** An activation function, applied to every number. */
export interface ActivationFunction extends Common {
  readonly type: 'activation'
  readonly activation: ActivationName
}

/** The average or the maximum of each window. */
export interface Pooling extends Common {
  readonly type: 'avgPool2d' | 'maxPool2d'
  readonly window: Window
}

/** Tanh, followed by the average of 2 × 2 windows side by side. */
export interface TanhPooling extends Common {
  readonly type: 'tanhAvgPool2d'
}

/** Dropout with a rate above 0. */
export interface Dropout extends Common {
  readonly type: 'dropout'
  readonly rate: number
  /** The index of the layer in the model, which selects its random masks. */
  readonly index: number
}

/** An operation of a model, before kernels are chosen. */
export type Operation =
  Convolution | Dense | Bias | ActivationFunction | Pooling | TanhPooling | Dropout

/**
 * The operations of a model in the order of the forward pass. Each reads the output of the one
 * before it.
 */
export interface Graph {
  readonly input: Tensor
  readonly operations: readonly Operation[]
}

/**
 * Turns the layers of a model into operations on tensors (pass 1). Layers that compute nothing are
 * left out: a flatten only changes the shape, and the loss contains the last softmax.
 *
 * @throws ModelError naming the first layer that does not fit
 */
export function lower(spec: ModelSpec): Graph {
  const [height, width, channels] = spec.inputShape
  const input: Tensor = { id: 0, height, width, channels, needsGradient: false }
  const operations: Operation[] = []
  let last = input
  const append = (
    shape: Omit<Tensor, 'id'>,
    create: (common: Omit<Common, 'layer'>) => Operation,
  ) => {
    const output = { ...shape, id: last.id + 1 }
    operations.push(create({ input: last, output }))
    last = output
  }
  for (const [index, info] of inferShapes(spec).entries()) {
    const { name: layer, layer: description } = info
    switch (description.type) {
      case 'conv2d':
      case 'dense': {
        const trained = { ...outputShape(info), needsGradient: true }
        append(trained, (common) =>
          description.type === 'conv2d'
            ? { type: 'conv2d', layer, window: info.window!, addsBias: false, ...common }
            : { type: 'dense', layer, addsBias: false, ...common },
        )
        append(trained, (common) => ({ type: 'bias', layer, ...common }))
        break
      }
      case 'avgPool2d':
      case 'maxPool2d': {
        const { needsGradient } = last
        append({ ...outputShape(info), needsGradient }, (common) => ({
          type: description.type,
          layer,
          window: info.window!,
          ...common,
        }))
        break
      }
      case 'dropout': {
        const { rate } = description
        if (rate > 0) append(last, (common) => ({ type: 'dropout', layer, rate, index, ...common }))
        break
      }
      case 'flatten':
      case 'softmax':
        break
      default: {
        const { type: activation } = description
        append(last, (common) => ({ type: 'activation', activation, layer, ...common }))
      }
    }
  }
  return { input, operations }
}

/**
 * Returns the sides of a layer's output. Features after a flatten are the channels of one pixel.
 */
function outputShape({ outputShape }: LayerInfo): Pick<Tensor, 'height' | 'width' | 'channels'> {
  const [height, width, channels] =
    outputShape.length === 1 ? [1, 1, outputShape[0]!] : (outputShape as [number, number, number])
  return { height, width, channels }
}
