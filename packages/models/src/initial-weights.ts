import { createStream, fillUniform } from '@mnist-lab/core'
import { elements } from './infer-shapes.js'
import type { ModelSpec, Weights } from './spec.js'
import { type WeightShape, weightShapes } from './weights.js'

/**
 * How initial weights are drawn, all of them uniform in ±bound:
 * - `pytorch`: bound 1 / √fanIn for kernels and biases, the default of torch.nn.Conv2d and Linear.
 * - `glorot`: bound √(6 / (fanIn + fanOut)), biases 0; Glorot and Bengio, AISTATS 2010; the default of Keras.
 * - `he`: bound √(6 / fanIn), biases 0; He et al., ICCV 2015; for ReLU.
 */
export type InitialWeightScheme = 'pytorch' | 'glorot' | 'he'

export interface InitialWeightOptions {
  /** Integer in [0, 2⁵³). The same seed gives the same weights anywhere. */
  readonly seed: number
  readonly scheme: InitialWeightScheme
}

/**
 * Fresh weights; the arrays are the caller's.
 *
 * @throws ModelError when the spec is wrong
 * @throws RangeError when the seed is
 */
export function initialWeights(spec: ModelSpec, { seed, scheme }: InitialWeightOptions): Weights {
  return weightShapes(spec).map((tensor, index) => {
    const { name, shape } = tensor
    const data = new Float32Array(elements(shape))
    const limit = bound(tensor, scheme)
    if (limit > 0) fillUniform(createStream(seed, 'weights', index), data, -limit, limit)
    return { name, shape, data }
  })
}

function bound({ shape, fanIn, fanOut }: WeightShape, scheme: InitialWeightScheme): number {
  if (scheme === 'pytorch') return 1 / Math.sqrt(fanIn)
  if (shape.length === 1) return 0
  return Math.sqrt(6 / (scheme === 'glorot' ? fanIn + fanOut : fanIn))
}
