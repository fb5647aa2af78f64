import { ModelError } from './model-error.js'
import type { Layer, ModelSpec, Padding, Shape } from './spec.js'
import { parseSpecValues } from './spec-values.js'

type Pair = readonly [height: number, width: number]

/** The sliding window of a convolution or pooling. */
export interface Window {
  readonly size: Pair
  readonly stride: Pair
  /** Rows and columns of zeros added on each side. Zero for pooling. */
  readonly padding: {
    readonly top: number
    readonly bottom: number
    readonly left: number
    readonly right: number
  }
}

/** A layer in its place. Shapes are [height, width, channels] before a flatten and [features] after it. */
export interface LayerInfo {
  /** `{type}_{n}`, n counting the type from 1: `conv2d_1`, `avg_pool2d_1`. */
  readonly name: string
  readonly layer: Layer
  readonly inputShape: Shape
  readonly outputShape: Shape
  /** Of conv2d, avgPool2d and maxPool2d. */
  readonly window?: Window
}

const NAMES: Readonly<Record<Layer['type'], string>> = {
  conv2d: 'conv2d',
  dense: 'dense',
  avgPool2d: 'avg_pool2d',
  maxPool2d: 'max_pool2d',
  tanh: 'tanh',
  relu: 'relu',
  dropout: 'dropout',
  flatten: 'flatten',
  softmax: 'softmax',
}

const NO_PADDING: Window['padding'] = { top: 0, bottom: 0, left: 0, right: 0 }

/** 1 GiB as float32: beyond it something is mistyped, and an allocation would fail without naming the layer. */
const MAX_ELEMENTS = 2 ** 28

/**
 * Every layer's name, shapes and window.
 *
 * @throws ModelError naming the first layer that does not fit
 */
export function inferShapes(spec: ModelSpec): readonly LayerInfo[] {
  parseSpecValues(spec, typeof spec.name === 'string' && spec.name !== '' ? spec.name : 'model')
  const counts = new Map<string, number>()
  let shape: Shape = spec.inputShape
  const infos = spec.layers.map((layer, index) => {
    const type = NAMES[layer.type]
    const count = (counts.get(type) ?? 0) + 1
    counts.set(type, count)
    const name = `${type}_${count}`
    const where = `${spec.name} layer ${index + 1} (${name})`
    if (layer.type === 'softmax' && index !== spec.layers.length - 1) {
      throw new ModelError({
        where,
        what: 'softmax is allowed as the last layer only',
        hint: 'move it to the end',
      })
    }
    const info: LayerInfo = { name, layer, inputShape: shape, ...apply(layer, shape, where) }
    checkSize(info, where)
    shape = info.outputShape
    return info
  })
  if (shape.length !== 1) {
    throw new ModelError({
      where: spec.name,
      what: "the last layer's output is not a list of classes",
      expected: '[classes]',
      got: text(shape),
      hint: 'add flatten and dense at the end',
    })
  }
  return infos
}

/** How many numbers a tensor of this shape holds. */
export function elements(shape: Shape): number {
  return shape.reduce((product, side) => product * side, 1)
}

function apply(
  layer: Layer,
  shape: Shape,
  where: string,
): Pick<LayerInfo, 'outputShape' | 'window'> {
  switch (layer.type) {
    case 'conv2d': {
      const [height, width] = image(shape, where)
      const size = pair(layer.kernelSize)
      const stride = pair(layer.stride ?? 1)
      const [top, bottom] = padSide(layer.padding ?? 'valid', height, size[0], stride[0])
      const [left, right] = padSide(layer.padding ?? 'valid', width, size[1], stride[1])
      const window: Window = { size, stride, padding: { top, bottom, left, right } }
      return {
        outputShape: [...slide(window, height, width, 'kernel', where), layer.filters],
        window,
      }
    }
    case 'avgPool2d':
    case 'maxPool2d': {
      const [height, width, channels] = image(shape, where)
      const size = pair(layer.poolSize)
      const window: Window = { size, stride: pair(layer.stride ?? size), padding: NO_PADDING }
      return { outputShape: [...slide(window, height, width, 'window', where), channels], window }
    }
    case 'dense':
      if (shape.length !== 1) {
        throw new ModelError({
          where,
          what: 'dense takes a list of features',
          expected: '[features]',
          got: text(shape),
          hint: 'add flatten before it',
        })
      }
      return { outputShape: [layer.units] }
    case 'flatten':
      if (shape.length === 1) {
        throw new ModelError({
          where,
          what: `its input ${text(shape)} is flat already`,
          hint: 'remove it',
        })
      }
      return { outputShape: [elements(shape)] }
    case 'softmax':
      if (shape.length !== 1) {
        throw new ModelError({
          where,
          what: 'softmax takes a list of classes',
          expected: '[classes]',
          got: text(shape),
          hint: 'add flatten and dense before it',
        })
      }
      return { outputShape: shape }
    case 'tanh':
    case 'relu':
    case 'dropout':
      return { outputShape: shape }
  }
}

function image(shape: Shape, where: string): readonly [number, number, number] {
  if (shape.length !== 3) {
    throw new ModelError({
      where,
      what: 'it takes an image',
      expected: '[height, width, channels]',
      got: text(shape),
      hint: 'move it before flatten',
    })
  }
  return shape as unknown as readonly [number, number, number]
}

/**
 * Zeros before and after one side. `same` is TensorFlow's rule: ceil(size / stride) outputs, and where the zeros are
 * odd in number, one more after than before.
 */
function padSide(
  padding: Padding,
  size: number,
  kernel: number,
  stride: number,
): readonly [number, number] {
  if (padding === 'valid') return [0, 0]
  if (padding !== 'same') return [padding, padding]
  const total = Math.max((Math.ceil(size / stride) - 1) * stride + kernel - size, 0)
  return [Math.floor(total / 2), Math.ceil(total / 2)]
}

function slide(
  { size, stride, padding }: Window,
  height: number,
  width: number,
  noun: string,
  where: string,
): Pair {
  const padded = [
    height + padding.top + padding.bottom,
    width + padding.left + padding.right,
  ] as const
  if (size[0] > padded[0] || size[1] > padded[1]) {
    const note = padded[0] === height && padded[1] === width ? '' : ' (padding included)'
    throw new ModelError({
      where,
      what: `${noun} ${size[0]}×${size[1]} is larger than its input ${padded[0]}×${padded[1]}${note}`,
      hint: 'make it smaller, or pool less before it',
    })
  }
  return [
    Math.floor((padded[0] - size[0]) / stride[0]) + 1,
    Math.floor((padded[1] - size[1]) / stride[1]) + 1,
  ]
}

function checkSize({ layer, inputShape, outputShape, window }: LayerInfo, where: string): void {
  const kernel =
    layer.type === 'dense'
      ? inputShape[0]! * layer.units
      : layer.type === 'conv2d'
        ? elements(window!.size) * inputShape[2]! * layer.filters
        : 0
  const largest = Math.max(kernel, elements(outputShape))
  if (largest > MAX_ELEMENTS) {
    throw new ModelError({
      where,
      what: 'too large',
      expected: `at most ${MAX_ELEMENTS} numbers`,
      got: String(largest),
      hint: 'make it smaller',
    })
  }
}

function pair(value: number | Pair): Pair {
  return typeof value === 'number' ? [value, value] : value
}

function text(shape: Shape): string {
  return `[${shape.join(', ')}]`
}
