import type { Summary, SummaryLayer } from './summary.js'
import { thousands, TORCH_CLASSES, torchShape, twoDecimals } from './torch-text.js'

const NAME_WIDTH = 40
const COLUMN_WIDTH = 20
const COLUMNS = ['Kernel Shape', 'Input Shape', 'Output Shape', 'Param #', 'Mult-Adds']
const NONE = '--'

/**
 * The table that Python's `torchinfo` 1.8 prints with columns of width 20 for kernel, input, output, parameters and
 * mult-adds, for the model with its flatten written as a function. An open batch counts as 1. Sizes in MB of 10⁶ bytes;
 * the forward/backward pass counts twice, for values and gradients, the outputs of layers with parameters only.
 *
 * @returns lines without a final newline
 */
export function renderTorchinfo(summary: Summary): string {
  const batch = summary.batchSize ?? 1
  const layers = summary.layers.filter(({ type }) => type !== 'flatten')
  const divider = '='.repeat(NAME_WIDTH + COLUMNS.length * COLUMN_WIDTH)
  const { parameters, multiplyAdds, inputBytes, parameterBytes } = summary.total
  const outputBytes = layers.reduce(
    (total, layer) => total + (layer.parameters > 0 ? layer.activationBytes * 2 : 0),
    0,
  )
  const megabytes = (bytes: number) => twoDecimals(bytes / 1e6)
  const { outputShape } = summary.layers.at(-1)!
  const whole = [
    NONE,
    torchShape(batch, summary.inputShape),
    torchShape(batch, outputShape),
    NONE,
    NONE,
  ]
  return [
    divider,
    row('Layer (type:depth-idx)', COLUMNS),
    divider,
    row(summary.name, whole),
    ...layers.map((layer, index) =>
      row(`├─${TORCH_CLASSES[layer.type]}: 1-${index + 1}`, cells(layer, batch)),
    ),
    divider,
    `Total params: ${thousands(parameters)}`,
    `Trainable params: ${thousands(parameters)}`,
    'Non-trainable params: 0',
    `Total mult-adds ${readable(multiplyAdds)}`,
    divider,
    `Input size (MB): ${megabytes(inputBytes)}`,
    `Forward/backward pass size (MB): ${megabytes(outputBytes)}`,
    `Params size (MB): ${megabytes(parameterBytes)}`,
    `Estimated Total Size (MB): ${megabytes(inputBytes + outputBytes + parameterBytes)}`,
    divider,
  ].join('\n')
}

function cells(layer: SummaryLayer, batch: number): readonly string[] {
  return [
    kernel(layer),
    torchShape(batch, layer.inputShape),
    torchShape(batch, layer.outputShape),
    layer.parameters > 0 ? thousands(layer.parameters) : NONE,
    layer.multiplyAdds > 0 ? thousands(layer.multiplyAdds) : NONE,
  ]
}

/** Convolutions keep a pair; poolings keep what they were made with, a single number for a square. */
function kernel({ type, kernel }: SummaryLayer): string {
  if (kernel === undefined) return NONE
  const [height, width] = kernel
  return type !== 'conv2d' && height === width ? String(height) : `[${height}, ${width}]`
}

function row(name: string, values: readonly string[]): string {
  return [name.padEnd(NAME_WIDTH), ...values.map((value) => value.padEnd(COLUMN_WIDTH))]
    .join(' ')
    .trimEnd()
}

function readable(count: number): string {
  if (count >= 1e12) return `(T): ${twoDecimals(count / 1e12)}`
  if (count >= 1e9) return `(G): ${twoDecimals(count / 1e9)}`
  return `(M): ${twoDecimals(count / 1e6)}`
}
