import { softmax } from './softmax.js'
import { inferShapes, type LayerInfo } from './infer-shapes.js'
import { normalizationTable } from './normalization-table.js'
import type { Layer, ModelSpec, Shape, Weights } from './spec.js'
import { checkWeights } from './weights.js'

/** What one layer makes of one image. */
export interface LayerOutput {
  /** e.g. `conv2d_1` */
  readonly name: string
  readonly type: Layer['type']
  /** [height, width, channels] or [features] */
  readonly shape: Shape
  /** Row-major. A layer that changes nothing (dropout, flatten) shares the one before it. */
  readonly data: Float32Array
}

/**
 * The forward pass of one image, layer by layer, by the definitions and without dropout: for looking into a model, on any engine's
 * weights. Not for speed: LeNet-5 takes a few milliseconds.
 *
 * @param image pixel bytes, [height, width, channels]
 * @throws ModelError when the weights do not fit the model
 * @throws RangeError when the image does not
 */
export function layerOutputs(spec: ModelSpec, weights: Weights, image: Uint8Array): LayerOutput[] {
  checkWeights(spec, weights)
  const pixels = spec.inputShape.reduce((product, side) => product * side, 1)
  if (image.length !== pixels) throw new RangeError(`image: expected ${pixels} bytes, got ${image.length}`)
  const table = normalizationTable(spec.normalization)
  const parameters = new Map(weights.map(({ name, data }) => [name, data]))
  let x = Float32Array.from(image, (byte) => table[byte]!)
  return inferShapes(spec).map((info) => {
    x = outputOf(info, x, parameters)
    return { name: info.name, type: info.layer.type, shape: info.outputShape, data: x }
  })
}

function outputOf(info: LayerInfo, x: Float32Array<ArrayBuffer>, parameters: ReadonlyMap<string, Float32Array>): Float32Array<ArrayBuffer> {
  const [kernel, bias] = [parameters.get(`${info.name}/kernel`), parameters.get(`${info.name}/bias`)]
  switch (info.layer.type) {
    case 'conv2d': return convolve(info, x, kernel!, bias!)
    case 'dense': return dense(x, kernel!, bias!)
    case 'avgPool2d': return pool(info, x, (values) => values.reduce((sum, value) => sum + value, 0) / values.length)
    case 'maxPool2d': return pool(info, x, (values) => Math.max(...values))
    case 'tanh': return x.map(Math.tanh)
    case 'relu': return x.map((value) => Math.max(0, value))
    case 'softmax': return softmax(x)
    case 'dropout':
    case 'flatten': return x
  }
}

function dense(x: Float32Array, kernel: Float32Array, bias: Float32Array): Float32Array<ArrayBuffer> {
  const units = bias.length
  return Float32Array.from(bias, (start, unit) => x.reduce((sum, value, i) => sum + value * kernel[i * units + unit]!, start))
}

/** kernel: [height, width, inputs, filters] */
function convolve(info: LayerInfo, x: Float32Array, kernel: Float32Array, bias: Float32Array): Float32Array<ArrayBuffer> {
  const inputs = info.inputShape[2]!
  return slide(info, (filter, taps) => {
    let sum = bias[filter]!
    for (const { pixel, tap } of taps) {
      for (let i = 0; i < inputs; i++) sum += x[pixel * inputs + i]! * kernel[(tap * inputs + i) * bias.length + filter]!
    }
    return sum
  })
}

function pool(info: LayerInfo, x: Float32Array, join: (values: number[]) => number): Float32Array<ArrayBuffer> {
  const channels = info.inputShape[2]!
  return slide(info, (channel, taps) => join(taps.map(({ pixel }) => x[pixel * channels + channel]!)))
}

interface Tap {
  /** Of the input. */
  readonly pixel: number
  /** The place in the window. */
  readonly tap: number
}

/** Calls `each` for every output channel of every window, with the pixels of the window that lie within the image. */
function slide(info: LayerInfo, each: (channel: number, taps: readonly Tap[]) => number): Float32Array<ArrayBuffer> {
  const { size, stride, padding } = info.window!
  const [height, width] = info.inputShape as [number, number, number]
  const [rows, columns, channels] = info.outputShape as [number, number, number]
  const output = new Float32Array(rows * columns * channels)
  for (let at = 0; at < rows * columns; at++) {
    const top = Math.floor(at / columns) * stride[0] - padding.top
    const left = (at % columns) * stride[1] - padding.left
    const taps: Tap[] = []
    for (let tap = 0; tap < size[0] * size[1]; tap++) {
      const [row, column] = [top + Math.floor(tap / size[1]), left + (tap % size[1])]
      if (row >= 0 && row < height && column >= 0 && column < width) taps.push({ pixel: row * width + column, tap })
    }
    for (let channel = 0; channel < channels; channel++) output[at * channels + channel] = each(channel, taps)
  }
  return output
}
