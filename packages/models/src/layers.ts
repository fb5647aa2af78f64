// The layer types. Everything that a model derives from a layer stands in LAYER_TYPES: its name,
// its fields, the shape of its output, its weights and its computation. A new layer needs an
// interface in `Layer` and an entry there.
import { sizeOf } from '@mnist-lab/core'
import * as z from 'zod/mini'
import { ModelError } from './model-error.js'
import {
  outputSize,
  type Padding,
  pair,
  type Pair,
  tapsOf,
  type Window,
  windowOf,
} from './window.js'

/**
 * Height, width and channels of one image, or one number of features. The batch is never part of a
 * shape.
 */
export type Shape = readonly number[]

/** An activation function, which computes each element by itself. */
export type ActivationName = 'tanh' | 'relu'

/** A convolution with a bias. Its kernel is [height, width, in, filters]. */
export interface Conv2dLayer {
  readonly type: 'conv2d'
  readonly filters: number
  /** Side of the square kernel, or [height, width]. */
  readonly kernelSize: number | readonly [number, number]
  /** @default 1 */
  readonly stride?: number | readonly [number, number]
  /** @default 'valid' */
  readonly padding?: Padding
}
/** A fully connected layer with a bias. It takes [features] and returns [units]. */
export interface DenseLayer {
  readonly type: 'dense'
  readonly units: number
}
/** A pooling over each channel, without padding. */
export interface Pool2dLayer {
  readonly type: 'avgPool2d' | 'maxPool2d'
  readonly poolSize: number | readonly [number, number]
  /** @default poolSize */
  readonly stride?: number | readonly [number, number]
}
/** An activation layer. Its output has the shape of its input. */
export interface ActivationLayer {
  readonly type: ActivationName
}
/** A dropout layer. It drops elements while training and does nothing otherwise. */
export interface DropoutLayer {
  readonly type: 'dropout'
  /**
   * Probability that an element is dropped while training, in [0, 1). The others are scaled by 1 /
   * (1 − rate).
   */
  readonly rate: number
}
/** A flatten layer. It turns [height, width, channels] into [features]. */
export interface FlattenLayer {
  readonly type: 'flatten'
}
/**
 * A softmax layer is allowed as the last layer only. With it the model predicts probabilities,
 * without it logits.
 */
export interface SoftmaxLayer {
  readonly type: 'softmax'
}

/** A layer as plain data. */
export type Layer =
  | Conv2dLayer
  | DenseLayer
  | Pool2dLayer
  | ActivationLayer
  | DropoutLayer
  | FlattenLayer
  | SoftmaxLayer

/**
 * A layer at its place in a model. Shapes are [height, width, channels] before a flatten and
 * [features] after it.
 */
export interface LayerInfo {
  /** `{type}_{n}`, n counting the layers of the type from 1: `conv2d_1`, `avg_pool2d_1`. */
  readonly name: string
  readonly layer: Layer
  readonly inputShape: Shape
  readonly outputShape: Shape
  /** Present for conv2d, avgPool2d and maxPool2d. */
  readonly window?: Window
}

/** What a type of layer is and does. `L` is its layer as plain data. */
export interface LayerType<L extends Layer = Layer> {
  /** The first part of a layer's name in weights and summaries, e.g. `avg_pool2d`. */
  readonly name: string
  /** PyTorch's class, as PyTorch's summaries print it. */
  readonly torchClass: string
  /** Whether the layer is allowed as the last one only. */
  readonly lastOnly?: true
  /**
   * Whether the layer only renames its input: it takes no memory, and PyTorch's summaries do not
   * list it.
   */
  readonly view?: true
  /** Checks of the fields besides `type`. */
  readonly fields: Readonly<Record<Exclude<keyof L, 'type'>, z.ZodMiniType>>
  /**
   * Returns the shape of the output, and the sliding window of a layer that has one.
   *
   * @param where the layer, for the error
   * @throws ModelError when the layer cannot take such an input
   */
  shape(layer: L, inputShape: Shape, where: string): Pick<LayerInfo, 'outputShape' | 'window'>
  /**
   * Returns the kernel's shape, [height, width, in, out] or [in, out], for a layer with weights.
   * Its bias is [out].
   */
  kernelShape?(layer: L, inputShape: Shape): Shape
  /**
   * Computes the output for one image by the definition, in float64. Dropout does nothing, and
   * softmax returns its logits, because the loss and the predictions apply it.
   *
   * @param x the input, flat
   */
  forward(
    info: LayerInfo,
    x: readonly number[],
    weights: { readonly kernel: ArrayLike<number>; readonly bias: ArrayLike<number> },
  ): readonly number[]
}

// Every `error` is the text behind "expected" in the message.
const atLeast1 = { error: 'an integer ≥ 1' }
/** Checks a positive integer. */
export const positive = z.int(atLeast1).check(z.minimum(1, atLeast1))
const pairs = z.union([positive, z.tuple([positive, positive])], {
  error: 'an integer ≥ 1 or a pair [height, width]',
})
const paddings = { error: "'valid', 'same' or an integer ≥ 0" }
const padding = z.union(
  [z.enum(['valid', 'same']), z.int(paddings).check(z.minimum(0, paddings))],
  paddings,
)
const rates = { error: 'a number from 0 to below 1' }
const rate = z.number(rates).check(z.minimum(0, rates), z.lt(1, rates))

const conv2d: LayerType<Conv2dLayer> = {
  name: 'conv2d',
  torchClass: 'Conv2d',
  fields: {
    filters: positive,
    kernelSize: pairs,
    stride: z.exactOptional(pairs),
    padding: z.exactOptional(padding),
  },
  shape({ filters, kernelSize, stride = 1, padding = 'valid' }, inputShape, where) {
    const size = imageSize(inputShape, where)
    const window = windowOf({ size: kernelSize, stride, padding }, size)
    return { outputShape: [...outputSize(window, size, 'kernel', where), filters], window }
  },
  kernelShape: ({ filters, kernelSize }, inputShape) => [
    ...pair(kernelSize),
    inputShape[2]!,
    filters,
  ],
  forward({ inputShape, outputShape, window }, x, { kernel, bias }) {
    const inputs = inputShape[2]!
    const outputs = outputShape[2]!
    return tapsOf(window!, inputShape as unknown as Pair, outputShape as unknown as Pair).flatMap(
      (taps) =>
        Array.from({ length: outputs }, (_, output) => {
          let sum = bias[output]!
          for (const { pixel, offset } of taps) {
            for (let i = 0; i < inputs; i++)
              sum += x[pixel * inputs + i]! * kernel[(offset * inputs + i) * outputs + output]!
          }
          return sum
        }),
    )
  },
}

const dense: LayerType<DenseLayer> = {
  name: 'dense',
  torchClass: 'Linear',
  fields: { units: positive },
  shape({ units }, inputShape, where) {
    if (inputShape.length !== 1) {
      throw new ModelError({
        where,
        what: 'dense takes a list of features',
        expected: '[features]',
        got: shapeText(inputShape),
        hint: 'add flatten before it',
      })
    }
    return { outputShape: [units] }
  },
  kernelShape: ({ units }, inputShape) => [inputShape[0]!, units],
  forward: (_info, x, { kernel, bias }) =>
    Array.from(bias, (start: number, output) =>
      x.reduce((sum, value, i) => sum + value * kernel[i * bias.length + output]!, start),
    ),
}

/**
 * Returns the layer type of a pooling.
 *
 * @param reduce computes the output from the values that the window covers in one channel
 */
function pool2d(
  names: Pick<LayerType, 'name' | 'torchClass'>,
  reduce: (values: readonly number[]) => number,
): LayerType<Pool2dLayer> {
  return {
    ...names,
    fields: { poolSize: pairs, stride: z.exactOptional(pairs) },
    shape({ poolSize, stride = poolSize }, inputShape, where) {
      const size = imageSize(inputShape, where)
      const window = windowOf({ size: poolSize, stride, padding: 'valid' }, size)
      return {
        outputShape: [...outputSize(window, size, 'window', where), inputShape[2]!],
        window,
      }
    },
    forward({ inputShape, outputShape, window }, x) {
      const channels = inputShape[2]!
      return tapsOf(window!, inputShape as unknown as Pair, outputShape as unknown as Pair).flatMap(
        (taps) =>
          Array.from({ length: channels }, (_, channel) =>
            reduce(taps.map(({ pixel }) => x[pixel * channels + channel]!)),
          ),
      )
    },
  }
}

/**
 * Returns the layer type of an activation.
 *
 * @param compute the function that is applied to every element
 */
function activation(
  names: Pick<LayerType, 'name' | 'torchClass'>,
  compute: (value: number) => number,
): LayerType<ActivationLayer> {
  return {
    ...names,
    fields: {},
    shape: (_layer, inputShape) => ({ outputShape: inputShape }),
    forward: (_info, x) => x.map((value) => compute(value)),
  }
}

const dropout: LayerType<DropoutLayer> = {
  name: 'dropout',
  torchClass: 'Dropout',
  fields: { rate },
  shape: (_layer, inputShape) => ({ outputShape: inputShape }),
  forward: (_info, x) => x,
}

const flatten: LayerType<FlattenLayer> = {
  name: 'flatten',
  torchClass: 'Flatten',
  view: true,
  fields: {},
  shape(_layer, inputShape, where) {
    if (inputShape.length === 1) {
      throw new ModelError({
        where,
        what: `its input ${shapeText(inputShape)} is already flat`,
        hint: 'remove it',
      })
    }
    return { outputShape: [sizeOf(inputShape)] }
  },
  forward: (_info, x) => x,
}

const softmax: LayerType<SoftmaxLayer> = {
  name: 'softmax',
  torchClass: 'Softmax',
  lastOnly: true,
  fields: {},
  shape(_layer, inputShape, where) {
    if (inputShape.length !== 1) {
      throw new ModelError({
        where,
        what: 'softmax takes a list of classes',
        expected: '[classes]',
        got: shapeText(inputShape),
        hint: 'add flatten and dense before it',
      })
    }
    return { outputShape: inputShape }
  },
  forward: (_info, x) => x,
}

/** All types of layers. Errors list them in this order. */
export const LAYER_TYPES: {
  readonly [T in Layer['type']]: LayerType<Layer & { readonly type: T }>
} = {
  conv2d,
  dense,
  avgPool2d: pool2d(
    { name: 'avg_pool2d', torchClass: 'AvgPool2d' },
    (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  ),
  maxPool2d: pool2d({ name: 'max_pool2d', torchClass: 'MaxPool2d' }, (values) =>
    Math.max(...values),
  ),
  // The pictures of activations, and comparisons with a tolerance, are all that comes from it.
  // oxlint-disable-next-line no-restricted-properties
  tanh: activation({ name: 'tanh', torchClass: 'Tanh' }, Math.tanh),
  relu: activation({ name: 'relu', torchClass: 'ReLU' }, (value) => Math.max(0, value)),
  dropout,
  flatten,
  softmax,
}

/** Returns the type of a layer. */
export function typeOf(layer: Pick<Layer, 'type'>): LayerType {
  return LAYER_TYPES[layer.type]
}

/** Returns a shape as errors show it: `[28, 28, 1]`. */
export function shapeText(shape: Shape): string {
  return `[${shape.join(', ')}]`
}

/** Checks that a layer's input is an image, and returns its height and width. */
function imageSize(shape: Shape, where: string): Pair {
  if (shape.length !== 3) {
    throw new ModelError({
      where,
      what: 'it takes an image',
      expected: '[height, width, channels]',
      got: shapeText(shape),
      hint: 'move it before flatten',
    })
  }
  return [shape[0]!, shape[1]!]
}
