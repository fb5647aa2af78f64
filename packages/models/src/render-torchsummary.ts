import type { Summary } from './summary.js'
import { thousands, twoDecimals } from './torch-text.js'
import { torchsummary } from './torchsummary.js'

/**
 * The table that Python's `torchsummary` prints for the model with its flatten written as a function, which that
 * package cannot see. An open batch is -1 there. Sizes in MB of 1024² bytes; the forward/backward pass counts every
 * listed layer's output twice, for values and gradients.
 *
 * @returns lines without a final newline
 */
export function renderTorchsummary(summary: Summary): string {
  const { layers, parameters, megabytes } = torchsummary(summary)
  const row = (layer: string, shape: string, parameters: string) =>
    `${layer.padStart(20)}  ${shape.padStart(25)} ${parameters.padStart(15)}`
  return [
    '-'.repeat(64),
    row('Layer (type)', 'Output Shape', 'Param #'),
    '='.repeat(64),
    ...layers.map(({ name, outputShape, parameters: own }) =>
      row(name, outputShape, thousands(own)),
    ),
    '='.repeat(64),
    `Total params: ${thousands(parameters)}`,
    `Trainable params: ${thousands(parameters)}`,
    'Non-trainable params: 0',
    '-'.repeat(64),
    `Input size (MB): ${twoDecimals(megabytes.input)}`,
    `Forward/backward pass size (MB): ${twoDecimals(megabytes.forwardBackward)}`,
    `Params size (MB): ${twoDecimals(megabytes.parameters)}`,
    `Estimated Total Size (MB): ${twoDecimals(megabytes.total)}`,
    '-'.repeat(64),
  ].join('\n')
}
