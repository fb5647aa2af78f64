export type {
  ActivationLayer,
  ActivationName,
  Conv2dLayer,
  DenseLayer,
  DropoutLayer,
  FlattenLayer,
  Layer,
  LayerInfo,
  Pool2dLayer,
  Shape,
  SoftmaxLayer,
} from './layers.js'
export type { Padding, Window } from './window.js'
export { MAX_HEADER_BYTES, MAX_PARAMETERS, MAX_SPEC_BYTES } from './limits.js'
export { ModelError } from './model-error.js'
export { readModelFile } from './model-file.js'
export {
  inferShapes,
  type ModelSpec,
  type Normalization,
  normalizationTable,
  parseModelSpec,
} from './spec.js'
export {
  customMlp,
  type DropoutModelOptions,
  lenet5,
  type LeNet5Options,
  lenet5Regularized,
  MNIST_NORMALIZATION,
  modelByName,
  type ModelEntry,
  type ModelName,
  type ModelOptions,
  models,
} from './study-models.js'
export {
  checkWeights,
  initialWeights,
  type InitialWeightOptions,
  type InitialWeightScheme,
  type NamedTensor,
  type Weights,
  type WeightShape,
  weightShapes,
} from './weights.js'
export {
  type Cost,
  type Costs,
  costs,
  type Summary,
  summary,
  type SummaryLayer,
  type SummaryOptions,
} from './summary.js'
export {
  renderTorchinfo,
  renderTorchsummary,
  type Torchsummary,
  torchsummary,
} from './torch-tables.js'
export { type Filters, firstLayerFilters, layerOutputs, type LayerOutput } from './inspect.js'
export { fromPyTorchLayout, toPyTorchLayout } from './pytorch-layout.js'
export { readSafetensors, type SafetensorsFile, writeSafetensors } from './safetensors.js'
