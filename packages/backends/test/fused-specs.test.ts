import { initialWeights, type Layer, type ModelSpec } from '@mnist-lab/models'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cpu } from '../src/tfjs/cpu.js'
import { fused } from '../src/fused.js'
import type { Session } from '../src/index.js'
import { flat, plan, samples, toBatch } from '../src/testing/samples.js'
import { fits } from './support.js'

/**
 * The builds that every Node.js version runs. `fused.test.ts` tests the relaxed build in the same
 * way.
 */
const BUILDS = ['simd128', 'scalar'] as const

let sessions: readonly Session[]
beforeAll(async () => {
  const builds = BUILDS.map((build) => fused({ build }).open())
  sessions = await Promise.all([cpu({ kernels: 'stock' }).open(), ...builds])
})
afterAll(async () => {
  for (const session of sessions) await session.close()
})

const small = fc.integer({ min: 1, max: 3 })
const between: fc.Arbitrary<Layer> = fc.oneof(
  fc.constantFrom<Layer>({ type: 'tanh' }, { type: 'relu' }),
  fc.constantFrom<Layer>({ type: 'dropout', rate: 0.4 }, { type: 'dropout', rate: 0 }),
)
const spatial: fc.Arbitrary<Layer> = fc.oneof(
  fc.record({
    type: fc.constant('conv2d' as const),
    filters: fc.integer({ min: 1, max: 9 }),
    kernelSize: fc.tuple(small, small),
    stride: fc.integer({ min: 1, max: 2 }),
    padding: fc.constantFrom<('same' | 'valid' | 1)[]>('same', 'valid', 1),
  }),
  // The contract suite tests max pooling instead. If two numbers are nearly equal, engines may
  // choose different ones.
  fc.record({
    type: fc.constant('avgPool2d' as const),
    poolSize: fc.tuple(small, small),
    stride: fc.integer({ min: 1, max: 2 }),
  }),
  between,
)
const specs = fc
  .record({
    side: fc.tuple(
      fc.integer({ min: 6, max: 9 }),
      fc.integer({ min: 6, max: 9 }),
      fc.integer({ min: 1, max: 3 }),
    ),
    spatial: fc.array(spatial, { maxLength: 5 }),
    features: fc.array(
      fc.oneof(
        between,
        fc.record({ type: fc.constant('dense' as const), units: fc.integer({ min: 1, max: 9 }) }),
      ),
      { maxLength: 4 },
    ),
    softmax: fc.boolean(),
  })
  .map(({ side, spatial: image, features, softmax }): ModelSpec => ({
    name: 'random',
    inputShape: side,
    normalization: { mean: 0.5, std: 0.25 },
    layers: [
      ...image,
      { type: 'flatten' },
      ...features,
      { type: 'dense', units: 3 },
      ...(softmax ? [{ type: 'softmax' } as const] : []),
    ],
  }))
  .filter(fits)

interface Outcome {
  readonly losses: readonly number[]
  readonly weights: readonly number[]
}

/**
 * Runs two training steps and an evaluation; the second step and the evaluation have `size`
 * samples.
 */
async function train(session: Session, spec: ModelSpec, size: number): Promise<Outcome> {
  const trainer = await session.compile(
    spec,
    {
      ...plan,
      batchSize: 17,
      optimizer: { learningRate: 0.05, momentum: 0.9, weightDecay: 0.01 },
    },
    initialWeights(spec, { seed: 4, scheme: 'glorot' }),
  )
  const results = []
  for (const count of [17, size]) results.push(await trainer.step(toBatch(samples(spec, count))))
  const { loss } = await trainer.evaluate(toBatch(samples(spec, size)))
  const weights = flat((await trainer.save()).weights)
  trainer.dispose()
  return { losses: [...results.map((result) => result.loss), loss], weights }
}

function expectAlike(ours: Outcome, theirs: Outcome, name: string): void {
  for (const [i, loss] of ours.losses.entries())
    expect(Math.abs(loss - theirs.losses[i]!), `${name}, loss ${i}`).toBeLessThan(1e-4)
  const worst = ours.weights.reduce(
    (most, weight, i) => Math.max(most, Math.abs(weight - theirs.weights[i]!)),
    0,
  )
  expect(worst, `${name}, weights`).toBeLessThan(1e-4)
}

test('trains any model as TensorFlow.js does, with the same dropout masks and batches of any size', async () => {
  await fc.assert(
    fc.asyncProperty(specs, fc.integer({ min: 1, max: 17 }), async (spec, size) => {
      const [theirs, ...ours] = await Promise.all(
        sessions.map((session) => train(session, spec, size)),
      )
      for (const [i, outcome] of ours.entries()) expectAlike(outcome, theirs!, BUILDS[i]!)
    }),
    { numRuns: 60 },
  )
})

test.each([{ inputShape: [27, 27, 1] as const }, { inputShape: [9, 11, 3] as const }])(
  'trains on images of shape $inputShape, which have an odd number of bytes',
  async ({ inputShape }) => {
    const spec: ModelSpec = {
      name: 'odd',
      inputShape,
      layers: [
        { type: 'flatten' },
        { type: 'dense', units: 12 },
        { type: 'tanh' },
        { type: 'dense', units: 3 },
      ],
    }
    for (const size of [1, 2, 3, 16]) {
      const [theirs, ...ours] = await Promise.all(
        sessions.map((session) => train(session, spec, size)),
      )
      for (const [i, outcome] of ours.entries()) expectAlike(outcome, theirs!, BUILDS[i]!)
    }
  },
)
