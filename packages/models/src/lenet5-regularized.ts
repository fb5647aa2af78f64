import { type DropoutModelOptions, MNIST_NORMALIZATION } from './model-options.js'
import type { ModelSpec } from './spec.js'

/**
 * LeNet-5 with ReLU, max pooling and dropout after both poolings and both hidden dense layers. The study trains it with
 * weight decay 0.001, which is the training plan's. 61,706 parameters.
 */
export function lenet5Regularized(options: DropoutModelOptions = {}): ModelSpec {
  const { inputShape = [28, 28, 1], classes = 10, normalization = MNIST_NORMALIZATION, dropout: rate = 0.5 } = options
  return {
    name: 'lenet5-regularized',
    inputShape,
    normalization,
    layers: [
      { type: 'conv2d', filters: 6, kernelSize: 5, padding: 2 },
      { type: 'relu' },
      { type: 'maxPool2d', poolSize: 2 },
      { type: 'dropout', rate },
      { type: 'conv2d', filters: 16, kernelSize: 5 },
      { type: 'relu' },
      { type: 'maxPool2d', poolSize: 2 },
      { type: 'dropout', rate },
      { type: 'flatten' },
      { type: 'dense', units: 120 },
      { type: 'relu' },
      { type: 'dropout', rate },
      { type: 'dense', units: 84 },
      { type: 'relu' },
      { type: 'dropout', rate },
      { type: 'dense', units: classes },
      { type: 'softmax' },
    ],
  }
}
