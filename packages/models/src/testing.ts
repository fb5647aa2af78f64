import { sizeOf } from '@mnist-lab/core'
import { fromPyTorchLayout, toPyTorchLayout } from './pytorch-layout.js'
import type { ModelSpec } from './spec.js'
import { type Weights, weightShapes } from './weights.js'

export { referenceLogits } from './inspect.js'
export { LAYER_TYPES } from './layers.js'

/**
 * Returns weights that any language can rebuild bit for bit, for comparisons with PyTorch. Value i
 * of parameter tensor t, both counted in PyTorch's order and layout, is a hash of (i, t, seed)
 * scaled to ±1 / √fanIn. The result is in Keras layout.
 *
 * @param seed integer in [0, 2³²)
 */
export function torchReferenceWeights(spec: ModelSpec, seed: number): Weights {
  const shapes = weightShapes(spec)
  const empty = shapes.map(({ name, shape }) => ({
    name,
    shape,
    data: new Float32Array(sizeOf(shape)),
  }))
  const tensors = toPyTorchLayout(spec, empty).map(({ name, shape, data }, index) => {
    const bound = 1 / Math.sqrt(shapes[index]!.fanIn)
    return { name, shape, data: data.map((_, i) => (hash(i, index, seed) / 2 ** 31 - 1) * bound) }
  })
  return fromPyTorchLayout(spec, tensors)
}

/**
 * Returns a 32-bit hash. `Math.imul` gives products modulo 2³², which float64 products would round.
 */
function hash(i: number, tensor: number, seed: number): number {
  let h = (Math.imul(i, 2654435761) + Math.imul(tensor + 1, 40503) + Math.imul(seed, 69069)) >>> 0
  h ^= h >>> 16
  h = Math.imul(h, 2246822507)
  h ^= h >>> 13
  h = Math.imul(h, 3266489909)
  return (h ^ (h >>> 16)) >>> 0
}
