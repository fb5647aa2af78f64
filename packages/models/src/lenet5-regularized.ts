import { lenet5 } from './lenet5.js'
import type { DropoutModelOptions } from './model-options.js'
import type { ModelSpec } from './spec.js'

/**
 * LeNet-5 with ReLU, max pooling and dropout after both poolings and both hidden dense layers. The study trains it with
 * weight decay 0.001, which is the training plan's. 61,706 parameters.
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
