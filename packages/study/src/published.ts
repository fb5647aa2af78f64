import type { StudyVariant } from './schema.js'

/**
 * The published figures of one pass by epoch, with four decimals. A loss is the sum of the batches'
 * mean losses divided by the number of samples.
 */
export interface PublishedPass {
  readonly loss: readonly number[]
  readonly accuracy: readonly number[]
}

/** The published figures of one model. */
export interface PublishedModel {
  readonly parameters: number
  /** The training time of ten epochs on an unnamed machine. */
  readonly seconds: number
  readonly train: PublishedPass
  readonly validation: PublishedPass
}

/** The three models of the original. */
export type MainVariant = Extract<StudyVariant, 'lenet5' | 'custom-mlp' | 'lenet5-regularized'>

/** The three models of the original, in its order. */
export const MAIN_VARIANTS: readonly MainVariant[] = ['lenet5', 'custom-mlp', 'lenet5-regularized']

/** The source of the figures below, which this package calls the original. */
export const PUBLISHED_SOURCE =
  'the report of a university assignment, which trained three models on MNIST with PyTorch: LeNet-5, ' +
  'a multilayer perceptron (MLP) of about the same size, and a regularised LeNet-5'

/** The figures that the original prints, digit by digit. */
export const PUBLISHED: Readonly<Record<MainVariant, PublishedModel>> = {
  lenet5: {
    parameters: 61_706,
    seconds: 1279.52,
    train: {
      accuracy: [0.7111, 0.9439, 0.9715, 0.9783, 0.9819, 0.9842, 0.9858, 0.987, 0.9882, 0.9897],
      loss: [0.0558, 0.0477, 0.0467, 0.0465, 0.0463, 0.0462, 0.0462, 0.0461, 0.0461, 0.0461],
    },
    validation: {
      accuracy: [0.8653, 0.9664, 0.9747, 0.9796, 0.9803, 0.9796, 0.9823, 0.9823, 0.981, 0.9856],
      loss: [0.0501, 0.047, 0.0467, 0.0465, 0.0464, 0.0465, 0.0464, 0.0464, 0.0464, 0.0464],
    },
  },
  'custom-mlp': {
    parameters: 61_720,
    seconds: 1209.29,
    train: {
      accuracy: [0.0996, 0.111, 0.119, 0.1978, 0.2384, 0.2771, 0.2829, 0.2885, 0.2879, 0.2859],
      loss: [0.072, 0.0719, 0.0719, 0.0699, 0.0689, 0.0681, 0.0677, 0.067, 0.0671, 0.0674],
    },
    validation: {
      accuracy: [0.1135, 0.1135, 0.2094, 0.2109, 0.3001, 0.3042, 0.3001, 0.3061, 0.2148, 0.2983],
      loss: [0.0721, 0.072, 0.0712, 0.0693, 0.068, 0.0672, 0.0678, 0.0664, 0.0676, 0.0666],
    },
  },
  'lenet5-regularized': {
    parameters: 61_706,
    seconds: 1470.43,
    train: {
      accuracy: [0.4493, 0.6832, 0.7287, 0.7854, 0.8, 0.8326, 0.8657, 0.8724, 0.8831, 0.8824],
      loss: [0.0626, 0.0555, 0.0541, 0.0524, 0.0519, 0.0509, 0.0499, 0.0497, 0.0494, 0.0494],
    },
    validation: {
      accuracy: [0.7414, 0.7582, 0.8437, 0.8556, 0.8637, 0.9401, 0.9465, 0.9523, 0.954, 0.9573],
      loss: [0.0538, 0.0532, 0.0506, 0.0502, 0.05, 0.0476, 0.0474, 0.0472, 0.0472, 0.0471],
    },
  },
}
