import { MNIST_NORMALIZATION, type ModelOptions } from './model-options.js'
import type { ModelSpec } from './spec.js'

/**
 * LeNet-5 with average pooling and tanh, after LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to
 * document recognition", 1998, in the form that has become usual: full connections between the two convolutions, a
 * dense third one, softmax. 61,706 parameters.
 */
export function lenet5(options: ModelOptions = {}): ModelSpec {
  const { inputShape = [28, 28, 1], classes = 10, normalization = MNIST_NORMALIZATION } = options
  return {
    name: 'lenet5',
    inputShape,
    normalization,
    layers: [
      { type: 'conv2d', filters: 6, kernelSize: 5, padding: 2 },
      { type: 'tanh' },
      { type: 'avgPool2d', poolSize: 2 },
      { type: 'conv2d', filters: 16, kernelSize: 5 },
      { type: 'tanh' },
      { type: 'avgPool2d', poolSize: 2 },
      { type: 'flatten' },
      { type: 'dense', units: 120 },
      { type: 'tanh' },
      { type: 'dense', units: 84 },
      { type: 'tanh' },
      { type: 'dense', units: classes },
      { type: 'softmax' },
    ],
  }
}
