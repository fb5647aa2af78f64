// The three models of the study.
import type { ActivationLayer, Layer } from './layers.js'
import { ModelError } from './model-error.js'
import type { ModelSpec, Normalization } from './spec.js'

/** Options that fit a model of the study to other data in the form of MNIST. */
export interface ModelOptions {
  /** [height, width, channels] @default [28, 28, 1] */
  readonly inputShape?: readonly [number, number, number]
  /** @default 10 */
  readonly classes?: number
  /** @default MNIST_NORMALIZATION */
  readonly normalization?: Normalization
}

/** Options of the models that always have dropout layers. */
export interface DropoutModelOptions extends ModelOptions {
  /** Probability that an element is dropped. @default 0.5 */
  readonly dropout?: number
}

/** The parts of LeNet-5 that can be changed one at a time, as the study's regularisation does. */
export interface LeNet5Options extends ModelOptions {
  /** @default 'tanh' */
  readonly activation?: ActivationLayer['type']
  /** @default 'average' */
  readonly pooling?: 'average' | 'max'
  /**
   * Probability that an element is dropped, after both poolings and both hidden dense layers.
   *
   * @default no dropout layers
   */
  readonly dropout?: number
}

/** The mean and standard deviation of MNIST's training pixels, on a scale from 0 to 1. */
export const MNIST_NORMALIZATION: Normalization = { mean: 0.1307, std: 0.3081 }

/**
 * Returns LeNet-5 with average pooling and tanh, after LeCun, Bottou, Bengio and Haffner,
 * "Gradient-based learning applied to document recognition", 1998, in the form that has become
 * usual: full connections between the two convolutions, a dense third one, softmax. It has 61,706
 * parameters with any activation, pooling and dropout.
 */
export function lenet5(options: LeNet5Options = {}): ModelSpec {
  const { inputShape = [28, 28, 1], classes = 10, normalization = MNIST_NORMALIZATION } = options
  const { activation = 'tanh', pooling = 'average', dropout: rate } = options
  const active: Layer = { type: activation }
  const pool: Layer = { type: pooling === 'max' ? 'maxPool2d' : 'avgPool2d', poolSize: 2 }
  const drop: readonly Layer[] = rate === undefined ? [] : [{ type: 'dropout', rate }]
  return {
    name: 'lenet5',
    inputShape,
    normalization,
    layers: [
      { type: 'conv2d', filters: 6, kernelSize: 5, padding: 2 },
      active,
      pool,
      ...drop,
      { type: 'conv2d', filters: 16, kernelSize: 5 },
      active,
      pool,
      ...drop,
      { type: 'flatten' },
      { type: 'dense', units: 120 },
      active,
      ...drop,
      { type: 'dense', units: 84 },
      active,
      ...drop,
      { type: 'dense', units: classes },
      { type: 'softmax' },
    ],
  }
}

/**
 * Returns LeNet-5 with ReLU, max pooling, and dropout after both poolings and both hidden dense
 * layers. It has 61,706 parameters. The study trains it with weight decay 0.001, which belongs to
 * the training plan.
 */
export function lenet5Regularized({
  dropout = 0.5,
  ...options
}: DropoutModelOptions = {}): ModelSpec {
  return {
    ...lenet5({ ...options, activation: 'relu', pooling: 'max', dropout }),
    name: 'lenet5-regularized',
  }
}

const HIDDEN_UNITS = [64, 64, 64, 32, 16, 16, 10]

/**
 * Returns the study's multilayer perceptron: seven hidden layers, each with dropout before its
 * ReLU. Its 61,720 parameters are about as many as LeNet-5's.
 */
export function customMlp(options: DropoutModelOptions = {}): ModelSpec {
  const {
    inputShape = [28, 28, 1],
    classes = 10,
    normalization = MNIST_NORMALIZATION,
    dropout: rate = 0.5,
  } = options
  const hidden = HIDDEN_UNITS.flatMap((units): Layer[] => [
    { type: 'dense', units },
    { type: 'dropout', rate },
    { type: 'relu' },
  ])
  return {
    name: 'custom-mlp',
    inputShape,
    normalization,
    layers: [
      { type: 'flatten' },
      ...hidden,
      { type: 'dense', units: classes },
      { type: 'softmax' },
    ],
  }
}

/** The name of one of the study's models. */
export type ModelName = 'lenet5' | 'custom-mlp' | 'lenet5-regularized'

/** A model of the study. */
export interface ModelEntry {
  readonly name: ModelName
  readonly title: string
  readonly create: (options?: ModelOptions) => ModelSpec
  /**
   * The weight decay that the study trains it with; the rest of the training is the same for all.
   */
  readonly weightDecay: number
}

/** The study's models, in its order. */
export const models: Readonly<Record<ModelName, ModelEntry>> = {
  lenet5: { name: 'lenet5', title: 'LeNet-5', create: lenet5, weightDecay: 0 },
  'custom-mlp': { name: 'custom-mlp', title: 'Custom MLP', create: customMlp, weightDecay: 0 },
  'lenet5-regularized': {
    name: 'lenet5-regularized',
    title: 'Regularised LeNet-5',
    create: lenet5Regularized,
    weightDecay: 0.001,
  },
}

/**
 * Returns the model with this name.
 *
 * @throws ModelError listing the known names
 */
export function modelByName(name: string): ModelEntry {
  if (Object.hasOwn(models, name)) return models[name as ModelName]
  const names = Object.keys(models)
  const close = names
    .map((known) => ({ known, distance: editDistance(name.toLowerCase(), known) }))
    .sort((a, b) => a.distance - b.distance)[0]!
  // A name with more than half of its letters wrong is not a typing mistake.
  const hint =
    close.distance <= close.known.length / 2
      ? `did you mean ${close.known}?`
      : 'choose one of these names'
  throw new ModelError({
    where: `model ${name}`,
    what: 'unknown',
    expected: names.join(', '),
    hint,
  })
}

/**
 * Returns the Levenshtein distance: the number of insertions, deletions and substitutions that turn
 * one text into the other.
 */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const substitution = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, substitution))
    }
    row = next
  }
  return row[to.length]!
}
