import type { Normalization } from './spec.js'

/** What a model of the study can be fitted to: other data shaped like MNIST. */
export interface ModelOptions {
  /** [height, width, channels] @default [28, 28, 1] */
  readonly inputShape?: readonly [number, number, number]
  /** @default 10 */
  readonly classes?: number
  /** @default MNIST_NORMALIZATION */
  readonly normalization?: Normalization
}

export interface DropoutModelOptions extends ModelOptions {
  /** Probability that an element is dropped. @default 0.5 */
  readonly dropout?: number
}

/** LeNet-5, and what the study's regularisation changes in it, each by itself. */
export interface LeNet5Options extends ModelOptions {
  /** @default 'tanh' */
  readonly activation?: 'tanh' | 'relu'
  /** @default 'average' */
  readonly pooling?: 'average' | 'max'
  /** Probability that an element is dropped, after both poolings and both hidden dense layers. @default no dropout layers */
  readonly dropout?: number
}

/** Mean and standard deviation of MNIST's training pixels, on a scale from 0 to 1. */
export const MNIST_NORMALIZATION: Normalization = { mean: 0.1307, std: 0.3081 }
