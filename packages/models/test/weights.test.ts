import { describe, expect, it } from 'vitest'
import {
  checkWeights,
  initialWeights,
  lenet5,
  type NamedTensor,
  type Weights,
  weightShapes,
} from '../src/index.js'

const spec = lenet5()
const weights = initialWeights(spec, { seed: 1, scheme: 'pytorch' })
const replaced = (change: Partial<NamedTensor>): Weights =>
  weights.map((tensor, index) => (index === 2 ? { ...tensor, ...change } : tensor))

describe('weightShapes', () => {
  it('are in layer order, kernel before bias, in Keras layout', () => {
    expect(weightShapes(spec).map(({ name, shape }) => `${name} ${shape.join('×')}`)).toEqual([
      'conv2d_1/kernel 5×5×1×6',
      'conv2d_1/bias 6',
      'conv2d_2/kernel 5×5×6×16',
      'conv2d_2/bias 16',
      'dense_1/kernel 400×120',
      'dense_1/bias 120',
      'dense_2/kernel 120×84',
      'dense_2/bias 84',
      'dense_3/kernel 84×10',
      'dense_3/bias 10',
    ])
  })

  it('have the numbers of inputs per output and outputs per input', () => {
    expect(
      weightShapes(spec)
        .slice(1, 5)
        .map(({ fanIn, fanOut }) => [fanIn, fanOut]),
    ).toEqual([
      [25, 150],
      [150, 400],
      [150, 400],
      [400, 120],
    ])
  })
})

describe('checkWeights', () => {
  it("accepts the model's own", () => {
    expect(() => checkWeights(spec, weights)).not.toThrow()
  })

  it.each<[string, Weights, string]>([
    [
      'a missing tensor',
      weights.slice(1),
      'weights of lenet5: expected 10 tensors, got 9; use weights saved from this model',
    ],
    [
      'another name',
      replaced({ name: 'x' }),
      'weights of lenet5: tensor 3 has another name, expected conv2d_2/kernel, got x; use weights saved from this model',
    ],
    [
      'another shape',
      replaced({ shape: [6, 5, 5, 16] }),
      'weights of lenet5: conv2d_2/kernel has another shape, expected [5, 5, 6, 16], got [6, 5, 5, 16]; use weights saved from this model',
    ],
    [
      'too few numbers',
      replaced({ data: new Float32Array(5) }),
      'weights of lenet5: conv2d_2/kernel is incomplete, expected 2400 numbers, got 5; use weights saved from this model',
    ],
  ])('names the tensor of %s', (_, wrong, message) => {
    expect(() => checkWeights(spec, wrong)).toThrow(
      expect.objectContaining({ name: 'ModelError', message }),
    )
  })
})

describe('initialWeights', () => {
  it.each(['pytorch', 'glorot', 'he'] as const)('fit the model, by scheme %s', (scheme) => {
    expect(() => checkWeights(spec, initialWeights(spec, { seed: 3, scheme }))).not.toThrow()
  })

  it('are the same for the same seed and others for another', () => {
    expect(initialWeights(spec, { seed: 1, scheme: 'pytorch' })).toEqual(weights)
    expect(initialWeights(spec, { seed: 2, scheme: 'pytorch' })[0]?.data).not.toEqual(
      weights[0]?.data,
    )
    expect(weights[7]?.data.subarray(0, 4)).not.toEqual(weights[9]?.data.subarray(0, 4))
  })

  it.each([
    ['pytorch', (fanIn: number) => 1 / Math.sqrt(fanIn)],
    ['glorot', (fanIn: number, fanOut: number) => Math.sqrt(6 / (fanIn + fanOut))],
    ['he', (fanIn: number) => Math.sqrt(6 / fanIn)],
  ] as const)('of scheme %s fill their interval evenly', (scheme, bound) => {
    const drawn = initialWeights(spec, { seed: 1, scheme })
    for (const [index, { fanIn, fanOut, shape }] of weightShapes(spec).entries()) {
      const { data } = drawn[index]!
      const limit = scheme !== 'pytorch' && shape.length === 1 ? 0 : bound(fanIn, fanOut)
      expect(data.every((value) => Math.abs(value) <= Math.fround(limit))).toBe(true)
      if (data.length < 1000) continue
      const mean = data.reduce((sum, value) => sum + value, 0) / data.length
      const variance = data.reduce((sum, value) => sum + value ** 2, 0) / data.length
      // Five standard errors of a uniform distribution's mean and second moment.
      expect(Math.abs(mean)).toBeLessThan((5 * limit) / Math.sqrt(3 * data.length))
      expect(Math.abs(variance / (limit ** 2 / 3) - 1)).toBeLessThan(
        5 * Math.sqrt(0.8 / data.length),
      )
    }
  })
})
