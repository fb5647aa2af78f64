import { type LeNet5Options, MNIST_NORMALIZATION } from './model-options.js'
import type { Layer, ModelSpec } from './spec.js'

/**
 * LeNet-5 with average pooling and tanh, after LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to
 * document recognition", 1998, in the form that has become usual: full connections between the two convolutions, a
 * dense third one, softmax. 61,706 parameters, whatever the options for activation, pooling and dropout.
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
