export type {
  ActivationLayer,
  Conv2dLayer,
  DenseLayer,
  DropoutLayer,
  FlattenLayer,
  Layer,
  ModelSpec,
  NamedTensor,
  Normalization,
  Padding,
  Pool2dLayer,
  Shape,
  SoftmaxLayer,
  Weights,
} from './spec.js'
export { ModelError } from './model-error.js'
export { parseModelSpec } from './parse-model-spec.js'
export {
  type DropoutModelOptions,
  type LeNet5Options,
  MNIST_NORMALIZATION,
  type ModelOptions,
} from './model-options.js'
export { lenet5 } from './lenet5.js'
export { customMlp } from './custom-mlp.js'
export { lenet5Regularized } from './lenet5-regularized.js'
export { modelByName, type ModelEntry, type ModelName, models } from './model-registry.js'
export { inferShapes, type LayerInfo, type Window } from './infer-shapes.js'
export { layerOutputs, type LayerOutput } from './layer-outputs.js'
export { checkWeights, type WeightShape, weightShapes } from './weights.js'
export { type Cost, type Costs, costs } from './costs.js'
export { type Summary, summary, type SummaryLayer, type SummaryOptions } from './summary.js'
export { type Torchsummary, torchsummary } from './torchsummary.js'
export { renderTorchsummary } from './render-torchsummary.js'
export { renderTorchinfo } from './render-torchinfo.js'
export { normalizationTable } from './normalization-table.js'
export {
  initialWeights,
  type InitialWeightOptions,
  type InitialWeightScheme,
} from './initial-weights.js'
export { type Filters, firstLayerFilters } from './first-layer-filters.js'
export { fromPyTorchLayout, toPyTorchLayout } from './pytorch-layout.js'
export { readSafetensors, type SafetensorsFile, writeSafetensors } from './safetensors.js'
