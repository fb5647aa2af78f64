// A model's summary as the tables that two Python packages print: torchsummary and torchinfo.
import { sizeOf } from '@mnist-lab/core'
import { type Shape, typeOf } from './layers.js'
import type { Summary, SummaryLayer } from './summary.js'

/** The figures of a model that Python's package `torchsummary` prints. */
export interface Torchsummary {
  /** The layers without flatten, which that package cannot see when it is written as a function. */
  readonly layers: readonly {
    readonly name: string
    readonly outputShape: string
    readonly parameters: number
  }[]
  readonly parameters: number
  /** In MB of 1024² bytes, float32. */
  readonly megabytes: {
    readonly input: number
    /** Every listed layer's output twice: for its values and for their gradients. */
    readonly forwardBackward: number
    readonly parameters: number
    readonly total: number
  }
}

const MEGABYTE = 1024 ** 2

/**
 * Returns the figures that `torchsummary` prints. An open batch is -1 in the shapes and counts as
 * one image in the sizes.
 */
export function torchsummary(summary: Summary): Torchsummary {
  const batch = summary.batchSize ?? -1
  const layers = listed(summary)
  const { parameters, parameterBytes, inputBytes } = summary.total
  const outputs = layers.reduce((total, { outputShape }) => total + sizeOf(outputShape), 0)
  const megabytes = {
    input: inputBytes / MEGABYTE,
    forwardBackward: (2 * outputs * Math.abs(batch) * 4) / MEGABYTE,
    parameters: parameterBytes / MEGABYTE,
  }
  return {
    layers: layers.map(({ type, outputShape, parameters }, index) => ({
      name: `${typeOf({ type }).torchClass}-${index + 1}`,
      outputShape: torchShape(batch, outputShape),
      parameters,
    })),
    parameters,
    megabytes: {
      ...megabytes,
      total: megabytes.parameters + megabytes.forwardBackward + megabytes.input,
    },
  }
}

/**
 * Returns the table that Python's `torchsummary` prints for the model with its flatten written as a
 * function, which that package cannot see. An open batch is -1. Sizes are in MB of 1024² bytes; the
 * forward/backward pass counts every listed layer's output twice, for values and gradients.
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

const NAME_WIDTH = 40
const COLUMN_WIDTH = 20
const COLUMNS = ['Kernel Shape', 'Input Shape', 'Output Shape', 'Param #', 'Mult-Adds']
const NONE = '--'

/**
 * Returns the table that Python's `torchinfo` 1.8 prints with columns of width 20 for kernel,
 * input, output, parameters and mult-adds, for the model with its flatten written as a function. An
 * open batch counts as 1. Sizes are in MB of 10⁶ bytes; the forward/backward pass counts twice, for
 * values and gradients, the outputs of layers with parameters only.
 *
 * @returns lines without a final newline
 */
export function renderTorchinfo(summary: Summary): string {
  const batch = summary.batchSize ?? 1
  const layers = listed(summary)
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
      row(`├─${typeOf(layer).torchClass}: 1-${index + 1}`, cells(layer, batch)),
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

/**
 * Returns the window's size: a pair for a convolution or a window that is not square, and one
 * number for a square pooling.
 */
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

/**
 * Returns multiply-adds in millions, thousands of millions or millions of millions, as torchinfo
 * does.
 */
function readable(count: number): string {
  if (count >= 1e12) return `(T): ${twoDecimals(count / 1e12)}`
  if (count >= 1e9) return `(G): ${twoDecimals(count / 1e9)}`
  return `(M): ${twoDecimals(count / 1e6)}`
}

/**
 * Returns the layers that both packages list: all except flatten, which is only another view of its
 * input.
 */
function listed(summary: Summary): readonly SummaryLayer[] {
  return summary.layers.filter((layer) => !typeOf(layer).view)
}

/** Returns a batch's shape as Python prints it, channels first: `[-1, 6, 28, 28]`. */
function torchShape(batch: number, shape: Shape): string {
  const [height, width, channels] = shape
  return `[${[batch, ...(shape.length === 3 ? [channels, height, width] : shape)].join(', ')}]`
}

/** Formats a number with commas between thousands: `61,706`. */
function thousands(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',')
}

/**
 * Formats a number with two decimals, rounded as Python's `%.2f` rounds: an exact tie goes to the
 * even digit, where `toFixed` goes up.
 */
export function twoDecimals(value: number): string {
  const eighths = value * 8
  // Only odd multiples of 1/8 are ties: no other binary fraction ends in exactly 5 thousandths.
  if (!Number.isInteger(eighths) || eighths % 2 === 0) return value.toFixed(2)
  const cents = Math.floor(value * 100)
  return ((cents % 2 === 0 ? cents : cents + 1) / 100).toFixed(2)
}
