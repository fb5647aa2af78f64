import { initialWeights, type Layer, type ModelSpec, normalizationTable } from '@mnist-lab/models'
import { referenceLogits } from '@mnist-lab/models/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fused } from '../src/fused.js'
import { gradientsOf, type Loss, type Session, startState } from '../src/index.js'
import { plan, samples, toBatch } from '../src/testing/samples.js'
import { fits } from './support.js'

/** Computes the mean loss in float64 from its definition. */
function referenceLoss(
  spec: ModelSpec,
  loss: Loss,
  weights: Parameters<typeof referenceLogits>[1],
  { images, labels }: ReturnType<typeof samples>,
): number {
  const table = normalizationTable(spec.normalization)
  const pixels = images.length / labels.length
  let total = 0
  for (const [n, label] of labels.entries()) {
    const logits = referenceLogits(
      spec,
      weights,
      Array.from(images.subarray(n * pixels, (n + 1) * pixels), (byte) => table[byte]!),
    )
    const scores = loss === 'doubleSoftmaxCrossEntropy' ? softmax(logits) : logits
    total -= Math.log(softmax(scores)[label]!)
  }
  return total / labels.length
}

function softmax(scores: readonly number[]): number[] {
  const top = Math.max(...scores)
  const powers = scores.map((score) => Math.exp(score - top))
  const sum = powers.reduce((all, power) => all + power, 0)
  return powers.map((power) => power / sum)
}

const activation = fc.constantFrom<Layer>({ type: 'tanh' }, { type: 'relu' })
const convolution = fc.record({
  type: fc.constant('conv2d' as const),
  filters: fc.integer({ min: 1, max: 7 }),
  kernelSize: fc.constantFrom(1, 2, 3, 5, 5, 5),
  stride: fc.constantFrom(1, 1, 1, 2),
  padding: fc.constantFrom<('same' | 'valid' | 1)[]>('same', 'valid', 1),
})
const pool: fc.Arbitrary<Layer> = fc.constantFrom<Layer>(
  { type: 'avgPool2d', poolSize: 2 },
  { type: 'avgPool2d', poolSize: 2, stride: 1 },
)
const dense = fc.record({
  type: fc.constant('dense' as const),
  units: fc.integer({ min: 1, max: 9 }),
})
const specs = fc
  .record({
    shape: fc.tuple(
      fc.integer({ min: 7, max: 11 }),
      fc.integer({ min: 7, max: 11 }),
      fc.integer({ min: 1, max: 2 }),
    ),
    spatial: fc.array(fc.oneof(convolution, activation, pool), { maxLength: 4 }),
    features: fc.array(fc.oneof(dense, activation), { maxLength: 3 }),
  })
  .map(({ shape, spatial, features }): ModelSpec => ({
    name: 'random',
    inputShape: shape,
    normalization: { mean: 0.4, std: 0.3 },
    layers: [...spatial, { type: 'flatten' }, ...features, { type: 'dense', units: 3 }],
  }))
  .filter(fits)

describe.each(['simd128', 'scalar'] as const)('build %s', (build) => {
  let session: Session
  beforeAll(async () => {
    session = await fused({ build }).open()
  })
  afterAll(() => session.close())

  test('the gradients of any model are the finite differences of the loss in double precision', async () => {
    const losses = fc.constantFrom<Loss>('softmaxCrossEntropy', 'doubleSoftmaxCrossEntropy')
    await fc.assert(
      fc.asyncProperty(
        specs,
        losses,
        fc.integer({ min: 1, max: 9 }),
        fc.nat(),
        async (spec, loss, size, where) => {
          // The biases keep relu away from its kink where a pixel is 0.
          const weights = initialWeights(spec, { seed: 5, scheme: 'pytorch' })
          const data = samples(spec, size)
          const trainer = await session.compile(spec, { ...plan, loss, batchSize: 9 }, weights)
          const { loss: found } = await trainer.step(toBatch(data))
          const gradients = gradientsOf(plan.optimizer, startState(weights), await trainer.save())
          trainer.dispose()
          const doubles = weights.map(({ name, data: values }) => ({
            name,
            data: Float64Array.from(values),
          }))
          expect(found).toBeCloseTo(referenceLoss(spec, loss, doubles, data), 5)
          // The step is so small that hardly any relu crosses its kink.
          const h = 1e-7
          for (const [t, { data: values, name }] of doubles.entries()) {
            const size = Math.sqrt(
              gradients[t]!.data.reduce((sum, value) => sum + value * value, 0) / values.length,
            )
            for (let probe = 0; probe < 3; probe++) {
              const i = (where + probe * 7919) % values.length
              const value = values[i]!
              const lossAt = (weight: number) => {
                values[i] = weight
                return referenceLoss(spec, loss, doubles, data)
              }
              const slope = (lossAt(value + h) - lossAt(value - h)) / (2 * h)
              values[i] = value
              expect(Math.abs(gradients[t]!.data[i]! - slope), `${name}[${i}]`).toBeLessThan(
                1e-4 * size + 1e-6,
              )
            }
          }
        },
      ),
      { numRuns: 60 },
    )
  })
})
