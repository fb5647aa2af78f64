import { type DropoutModelOptions, MNIST_NORMALIZATION } from './model-options.js'
import type { Layer, ModelSpec } from './spec.js'

const HIDDEN_UNITS = [64, 64, 64, 32, 16, 16, 10]

/**
 * The study's multilayer perceptron with about as many parameters as LeNet-5, 61,720: seven hidden layers, each with
 * dropout before its ReLU.
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
