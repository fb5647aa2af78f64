/** Height, width, channels of one image, or one number of features. The batch is never part of a shape. */
export type Shape = readonly number[]

/** `same` as TensorFlow pads it; a number pads every side by that much, as PyTorch does. */
export type Padding = 'valid' | 'same' | number

export interface Conv2dLayer {
  readonly type: 'conv2d'
  readonly filters: number
  /** Side of the square kernel, or [height, width]. */
  readonly kernelSize: number | readonly [number, number]
  /** @default 1 */
  readonly stride?: number | readonly [number, number]
  /** @default 'valid' */
  readonly padding?: Padding
}
export interface DenseLayer {
  readonly type: 'dense'
  readonly units: number
}
export interface Pool2dLayer {
  readonly type: 'avgPool2d' | 'maxPool2d'
  readonly poolSize: number | readonly [number, number]
  /** @default poolSize */
  readonly stride?: number | readonly [number, number]
}
export interface ActivationLayer {
  readonly type: 'tanh' | 'relu'
}
export interface DropoutLayer {
  readonly type: 'dropout'
  /** Probability that an element is dropped while training, in [0, 1). Kept ones are scaled by 1 / (1 − rate). */
  readonly rate: number
}
export interface FlattenLayer {
  readonly type: 'flatten'
}
/** Allowed as the last layer only: what the model predicts are then probabilities, else logits. */
export interface SoftmaxLayer {
  readonly type: 'softmax'
}

export type Layer =
  | Conv2dLayer
  | DenseLayer
  | Pool2dLayer
  | ActivationLayer
  | DropoutLayer
  | FlattenLayer
  | SoftmaxLayer

/** What a pixel byte p becomes before the first layer: (p / 255 − mean) / std. */
export interface Normalization {
  readonly mean: number
  readonly std: number
}

/** An architecture as plain data: JSON in, JSON out. Everything else derives from it. */
export interface ModelSpec {
  readonly name: string
  /** [height, width, channels] */
  readonly inputShape: readonly [number, number, number]
  /** @default { mean: 0, std: 1 } */
  readonly normalization?: Normalization
  readonly layers: readonly Layer[]
}

/** A named float32 tensor, row-major. */
export interface NamedTensor {
  /** `{layer name}/kernel` or `{layer name}/bias`, e.g. `conv2d_1/kernel`. */
  readonly name: string
  readonly shape: Shape
  readonly data: Float32Array
}

/**
 * A model's parameters in layer order, kernel before bias, in Keras layout: conv kernels [height, width, in, out],
 * dense kernels [in, out], features flattened from [height, width, channels].
 */
export type Weights = readonly NamedTensor[]
