import { elements } from './infer-shapes.js'
import type { Summary } from './summary.js'
import { thousands, TORCH_CLASSES, torchShape, twoDecimals } from './torch-text.js'

const MEGABYTE = 1024 ** 2

/**
 * The table that Python's `torchsummary` prints for the model with its flatten written as a function, which that
 * package cannot see. An open batch is -1 there. Sizes in MB of 1024² bytes; the forward/backward pass counts every
 * listed layer's output twice, for values and gradients.
 *
 * @returns lines without a final newline
 */
export function renderTorchsummary(summary: Summary): string {
  const batch = summary.batchSize ?? -1
  const layers = summary.layers.filter(({ type }) => type !== 'flatten')
  const row = (layer: string, shape: string, parameters: string) =>
    `${layer.padStart(20)}  ${shape.padStart(25)} ${parameters.padStart(15)}`
  const { parameters, parameterBytes, inputBytes } = summary.total
  const outputs = layers.reduce((total, { outputShape }) => total + elements(outputShape), 0)
  const sizes = [inputBytes, 2 * outputs * Math.abs(batch) * 4, parameterBytes].map((bytes) => bytes / MEGABYTE)
  const total = sizes[2]! + sizes[1]! + sizes[0]!
  return [
    '-'.repeat(64),
    row('Layer (type)', 'Output Shape', 'Param #'),
    '='.repeat(64),
    ...layers.map(({ type, outputShape, parameters: own }, index) =>
      row(`${TORCH_CLASSES[type]}-${index + 1}`, torchShape(batch, outputShape), thousands(own))),
    '='.repeat(64),
    `Total params: ${thousands(parameters)}`,
    `Trainable params: ${thousands(parameters)}`,
    'Non-trainable params: 0',
    '-'.repeat(64),
    `Input size (MB): ${twoDecimals(sizes[0]!)}`,
    `Forward/backward pass size (MB): ${twoDecimals(sizes[1]!)}`,
    `Params size (MB): ${twoDecimals(sizes[2]!)}`,
    `Estimated Total Size (MB): ${twoDecimals(total)}`,
    '-'.repeat(64),
  ].join('\n')
}
