// The output of every layer for one image, computed by the definitions, and the filters of the
// first layer.
import { portableExp, sizeOf } from '@mnist-lab/core'
import { type Layer, type Shape, typeOf } from './layers.js'
import { ModelError } from './model-error.js'
import { inferShapes, type ModelSpec, normalizationTable } from './spec.js'
import { checkWeights, type Weights } from './weights.js'

/** Weights in Keras layout; their numbers may be float64, for finite differences. */
export type ReferenceWeights = readonly {
  readonly name: string
  readonly data: ArrayLike<number>
}[]

/**
 * Computes the logits of one image by the definitions, in float64. It is slow. Fast implementations
 * are compared with it. Dropout does nothing.
 *
 * @param image normalised, [height, width, channels]
 */
export function referenceLogits(
  spec: ModelSpec,
  weights: ReferenceWeights,
  image: ArrayLike<number>,
): number[] {
  return [...referenceLayers(spec, weights, image).at(-1)!]
}

/**
 * Computes every layer's output as {@link referenceLogits} does; a softmax layer passes its logits
 * on.
 */
function referenceLayers(
  spec: ModelSpec,
  weights: ReferenceWeights,
  image: ArrayLike<number>,
): (readonly number[])[] {
  const parameters = new Map(weights.map(({ name, data }) => [name, data]))
  let x: readonly number[] = Array.from(image)
  return inferShapes(spec).map((info) => {
    const kernel = parameters.get(`${info.name}/kernel`) ?? []
    const bias = parameters.get(`${info.name}/bias`) ?? []
    x = typeOf(info.layer).forward(info, x, { kernel, bias })
    return x
  })
}

/** One layer's output for one image. */
export interface LayerOutput {
  /** e.g. `conv2d_1` */
  readonly name: string
  readonly type: Layer['type']
  /** [height, width, channels] or [features] */
  readonly shape: Shape
  /** Row-major. */
  readonly data: Float32Array
}

/**
 * Computes the forward pass of one image, layer by layer, by the definitions and without dropout.
 * It is meant for inspecting a trained model, not for speed: LeNet-5 takes a few milliseconds.
 *
 * @param image pixel bytes, [height, width, channels]
 * @throws ModelError when the weights do not fit the model
 * @throws RangeError when the image does not fit the model
 */
export function layerOutputs(spec: ModelSpec, weights: Weights, image: Uint8Array): LayerOutput[] {
  checkWeights(spec, weights)
  const pixels = sizeOf(spec.inputShape)
  if (image.length !== pixels)
    throw new RangeError(`image: expected ${pixels} bytes, got ${image.length}`)
  const table = normalizationTable(spec.normalization)
  const outputs = referenceLayers(
    spec,
    weights,
    Float32Array.from(image, (byte) => table[byte]!),
  )
  return inferShapes(spec).map(({ name, layer, outputShape }, i) => ({
    name,
    type: layer.type,
    shape: outputShape,
    data: Float32Array.from(layer.type === 'softmax' ? softmax(outputs[i]!) : outputs[i]!),
  }))
}

/**
 * Returns exp(zᵢ) / ∑ exp(zⱼ). Subtracting the largest logit first changes nothing but prevents an
 * overflow.
 */
function softmax(logits: readonly number[]): number[] {
  const largest = Math.max(...logits)
  const powers = logits.map((z) => portableExp(z - largest))
  const sum = powers.reduce((total, power) => total + power, 0)
  return powers.map((power) => power / sum)
}

/** The weights of each output of the first layer with weights, as small pictures. */
export interface Filters {
  /** The layer's name: `conv2d_1`, `dense_1`. */
  readonly layer: string
  readonly height: number
  readonly width: number
  /**
   * One per output of the layer: [height, width], row-major, the mean over the input's channels.
   */
  readonly pictures: readonly Float32Array[]
}

/**
 * Returns the kernels of the first convolution, or the first dense layer's weights laid out as the
 * image that was flattened for it, whichever comes first.
 *
 * @throws ModelError when the weights belong to another model, or the model has no layer with
 *   weights
 */
export function firstLayerFilters(spec: ModelSpec, weights: Weights): Filters {
  checkWeights(spec, weights)
  const infos = inferShapes(spec)
  const at = infos.findIndex(({ layer }) => typeOf(layer).kernelShape !== undefined)
  if (at === -1)
    throw new ModelError({ where: spec.name, what: 'no layer has weights', hint: 'add one' })
  const { name, window } = infos[at]!
  // No layer between a flatten and the first dense layer changes the shape.
  const flattened = infos.slice(0, at).find((info) => info.layer.type === 'flatten')
  const [height, width] = window?.size ?? (flattened!.inputShape as readonly [number, number])
  const { data, shape } = weights[0]!
  const outputs = shape.at(-1)!
  const channels = data.length / (height * width * outputs)
  const pictures = Array.from({ length: outputs }, (_, output) =>
    Float32Array.from({ length: height * width }, (_, position) => {
      let sum = 0
      for (let channel = 0; channel < channels; channel++)
        sum += data[(position * channels + channel) * outputs + output]!
      return sum / channels
    }),
  )
  return { layer: name, height, width, pictures }
}
