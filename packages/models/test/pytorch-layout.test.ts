import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  fromPyTorchLayout,
  initialWeights,
  type Layer,
  lenet5,
  models,
  type ModelSpec,
  normalizationTable,
  toPyTorchLayout,
} from '../src/index.js'
import { referenceLogits, torchReferenceWeights } from '../src/testing.js'

const side = fc.integer({ min: 1, max: 3 })
const anySpec: fc.Arbitrary<ModelSpec> = fc
  .record({
    inputShape: fc.tuple(fc.integer({ min: 3, max: 6 }), fc.integer({ min: 3, max: 6 }), side),
    conv: fc.option(fc.record({ filters: side, kernelSize: fc.tuple(side, side) })),
    activation: fc.constantFrom<Layer>({ type: 'relu' }, { type: 'dropout', rate: 0.5 }),
    units: fc.array(side, { minLength: 1, maxLength: 3 }),
  })
  .map(({ inputShape, conv, activation, units }) => ({
    name: 'any',
    inputShape,
    layers: [
      ...(conv === null ? [] : [{ type: 'conv2d' as const, ...conv }]),
      { type: 'flatten' },
      activation,
      ...units.map((count) => ({ type: 'dense' as const, units: count })),
    ],
  }))

describe('PyTorch layout', () => {
  it('has the shapes of parameters()', () => {
    const tensors = toPyTorchLayout(
      lenet5(),
      initialWeights(lenet5(), { seed: 1, scheme: 'pytorch' }),
    )
    expect(tensors.map(({ shape }) => shape)).toEqual([
      [6, 1, 5, 5],
      [6],
      [16, 6, 5, 5],
      [16],
      [120, 400],
      [120],
      [84, 120],
      [84],
      [10, 84],
      [10],
    ])
  })

  it('reorders a kernel and the features behind a flatten', () => {
    const spec: ModelSpec = {
      name: 'net',
      inputShape: [1, 2, 3],
      layers: [
        { type: 'conv2d', filters: 2, kernelSize: 1 },
        { type: 'flatten' },
        { type: 'relu' },
        { type: 'dense', units: 1 },
      ],
    }
    const shapes = [[1, 1, 3, 2], [2], [4, 1], [1]]
    const count = (shape: number[]) =>
      Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => i)
    const names = ['conv2d_1/kernel', 'conv2d_1/bias', 'dense_1/kernel', 'dense_1/bias']
    const tensors = toPyTorchLayout(
      spec,
      shapes.map((shape, i) => ({ name: names[i]!, shape, data: count(shape) })),
    )
    expect(tensors.map(({ shape, data }) => [shape, [...data]])).toEqual([
      // [in 3, out 2] becomes [out, in]; of 2 columns × 2 channels, channels come first.
      [
        [2, 3, 1, 1],
        [0, 2, 4, 1, 3, 5],
      ],
      [[2], [0, 1]],
      [
        [1, 4],
        [0, 2, 1, 3],
      ],
      [[1], [0]],
    ])
  })

  it('converts there and back without a change', () => {
    fc.assert(
      fc.property(anySpec, fc.nat(), (spec, seed) => {
        const weights = initialWeights(spec, { seed, scheme: 'pytorch' })
        expect(fromPyTorchLayout(spec, toPyTorchLayout(spec, weights))).toEqual(weights)
      }),
    )
  })

  it('refuses tensors of another model', () => {
    const tensors = toPyTorchLayout(
      lenet5(),
      initialWeights(lenet5(), { seed: 1, scheme: 'pytorch' }),
    )
    expect(() => fromPyTorchLayout(lenet5({ classes: 26 }), tensors)).toThrow(
      'weights of lenet5: dense_3/kernel has another shape, expected [26, 84], got [10, 84]',
    )
  })
})

describe('torchReferenceWeights', () => {
  const fixture = readFileSync(new URL('fixtures/torch-logits.json', import.meta.url), 'utf8')
  const { logits: expected } = JSON.parse(fixture) as { logits: Record<string, number[]> }

  // Shapes, padding, pooling, both layouts and the order of the flatten: all have to be right at
  // once.
  it.each(Object.entries(models))("give PyTorch's logits for %s", (name, entry) => {
    const spec = entry.create()
    const table = normalizationTable(spec.normalization)
    const image = Float32Array.from(
      { length: 784 },
      (_, i) => table[(37 * i + Math.floor((i * i) / 11)) % 256]!,
    )
    const got = referenceLogits(spec, torchReferenceWeights(spec, 1), image)
    expect(got.length).toBe(10)
    for (const [index, value] of got.entries())
      expect(value).toBeCloseTo(expected[name]![index]!, 5)
  })
})
