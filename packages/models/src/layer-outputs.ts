import { inferShapes } from './infer-shapes.js'
import { normalizationTable } from './normalization-table.js'
import { referenceLayers } from './reference-forward.js'
import type { Layer, ModelSpec, Shape, Weights } from './spec.js'
import { checkWeights } from './weights.js'

/** What one layer makes of one image. */
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

/** exp(zᵢ) / ∑ exp(zⱼ), shifted by the largest, which changes nothing but overflows. */
function softmax(logits: readonly number[]): number[] {
  const largest = Math.max(...logits)
  const powers = logits.map((z) => Math.exp(z - largest))
  const sum = powers.reduce((total, power) => total + power, 0)
  return powers.map((power) => power / sum)
}
