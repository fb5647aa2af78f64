import { describe, expect, it } from 'vitest'
import {
  customMlp,
  firstLayerFilters,
  initialWeights,
  lenet5,
  type ModelSpec,
} from '../src/index.js'

const fresh = (spec: ModelSpec) => initialWeights(spec, { seed: 1, scheme: 'pytorch' })

describe('firstLayerFilters', () => {
  it('are the kernels of a convolution, one for each filter', () => {
    const weights = fresh(lenet5())
    const filters = firstLayerFilters(lenet5(), weights)
    expect(filters).toMatchObject({ layer: 'conv2d_1', height: 5, width: 5 })
    expect(filters.pictures).toHaveLength(6)
    // [5, 5, 1, 6]: row 1, column 2 of filter 3.
    expect(filters.pictures[3]![7]).toBe(weights[0]!.data[7 * 6 + 3])
  })

  it('are the weights of a dense layer in the shape of its input image', () => {
    const weights = fresh(customMlp())
    const filters = firstLayerFilters(customMlp(), weights)
    expect(filters).toMatchObject({ layer: 'dense_1', height: 28, width: 28 })
    expect(filters.pictures).toHaveLength(64)
    expect(filters.pictures[63]![100]).toBe(weights[0]!.data[100 * 64 + 63])
  })

  it('are means over the channels of a coloured image', () => {
    const spec: ModelSpec = {
      name: 'm',
      inputShape: [1, 1, 2],
      layers: [{ type: 'flatten' }, { type: 'dense', units: 2 }],
    }
    const weights = fresh(spec).map((tensor, at) =>
      at === 0 ? { ...tensor, data: Float32Array.of(1, 2, 3, 6) } : tensor,
    )
    expect(firstLayerFilters(spec, weights).pictures).toEqual([
      Float32Array.of(2),
      Float32Array.of(4),
    ])
  })

  it('refuse weights of another model', () => {
    expect(() => firstLayerFilters(lenet5(), fresh(customMlp()))).toThrow('weights of lenet5')
  })
})
