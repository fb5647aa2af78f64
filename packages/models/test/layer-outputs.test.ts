import { describe, expect, test } from 'vitest'
import {
  initialWeights,
  layerOutputs,
  modelByName,
  models,
  normalizationTable,
} from '../src/index.js'
import { referenceLogits } from '../src/testing.js'

describe('layerOutputs', () => {
  test.each(Object.keys(models))(
    'of %s end in the probabilities that the definitions give in float64',
    (name) => {
      const spec = modelByName(name).create()
      const weights = initialWeights(spec, { seed: 3, scheme: 'he' })
      const image = Uint8Array.from({ length: 784 }, (_, i) => (i * 37) % 256)
      const outputs = layerOutputs(spec, weights, image)
      expect(outputs.map(({ type }) => type)).toEqual(spec.layers.map(({ type }) => type))
      for (const { shape, data } of outputs)
        expect(data).toHaveLength(shape.reduce((product, side) => product * side, 1))
      const table = normalizationTable(spec.normalization)
      const expected = referenceLogits(
        spec,
        weights,
        Float32Array.from(image, (byte) => table[byte]!),
      )
      const [last, probabilities] = [outputs.at(-2)!, outputs.at(-1)!]
      const scale = Math.max(...expected.map(Math.abs))
      for (const [i, logit] of expected.entries())
        expect(Math.abs(last.data[i]! - logit)).toBeLessThan(1e-5 * scale)
      expect(probabilities.data.reduce((sum, probability) => sum + probability, 0)).toBeCloseTo(
        1,
        6,
      )
      for (const i of expected.keys())
        expect(Math.log(probabilities.data[i]! / probabilities.data[0]!)).toBeCloseTo(
          last.data[i]! - last.data[0]!,
          3,
        )
    },
  )

  test('refuse an image of another size, and weights of another model', () => {
    const spec = modelByName('lenet5').create()
    const weights = initialWeights(spec, { seed: 3, scheme: 'he' })
    expect(() => layerOutputs(spec, weights, new Uint8Array(783))).toThrow(
      'image: expected 784 bytes, got 783',
    )
    expect(() =>
      layerOutputs(modelByName('custom-mlp').create(), weights, new Uint8Array(784)),
    ).toThrow(/weights|tensor/i)
  })
})
