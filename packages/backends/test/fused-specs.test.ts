import { setFlagsFromString } from 'node:v8'
import { bestBuild } from '@mnist-lab/kernels'
import { inferShapes, initialWeights, type Layer, type ModelSpec } from '@mnist-lab/models'
import { sizeOf } from '@mnist-lab/core'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cpu } from '../src/tfjs/cpu.js'
import { fused, type FusedOptions } from '../src/fused.js'
import type { Batch, Session } from '../src/index.js'
import { flat, plan, samples, toBatch } from '../src/testing/samples.js'
import { fits } from './support.js'

// Node.js 20 has relaxed SIMD behind a flag, which later versions no longer know.
setFlagsFromString('--experimental-wasm-relaxed-simd')

/** Every build, and direct sums where they differ. */
const BUILDS: Readonly<Record<string, FusedOptions>> = {
  simd128: { build: 'simd128' },
  scalar: { build: 'scalar' },
  'simd128, direct': { build: 'simd128', convolutions: 'direct' },
  'scalar, direct': { build: 'scalar', convolutions: 'direct' },
  ...(bestBuild() === 'relaxed'
    ? {
        relaxed: { build: 'relaxed' },
        'relaxed, direct': { build: 'relaxed', convolutions: 'direct' },
      }
    : {}),
}
const NAMES = Object.keys(BUILDS)

/** The most multiply-adds of a random model's forward pass, because cpu-stock is slow. */
const MOST_WORK = 3e5

let sessions: readonly Session[]
beforeAll(async () => {
  const builds = NAMES.map((name) => fused(BUILDS[name]).open())
  sessions = await Promise.all([cpu({ kernels: 'stock' }).open(), ...builds])
})
afterAll(async () => {
  for (const session of sessions) await session.close()
})

const small = fc.integer({ min: 1, max: 3 })
const kernelSide = fc.integer({ min: 1, max: 5 })
const between: fc.Arbitrary<Layer> = fc.oneof(
  fc.constantFrom<Layer>({ type: 'tanh' }, { type: 'relu' }),
  fc.constantFrom<Layer>({ type: 'dropout', rate: 0.4 }, { type: 'dropout', rate: 0 }),
)
const spatial: fc.Arbitrary<Layer> = fc.oneof(
  fc.record({
    type: fc.constant('conv2d' as const),
    filters: fc.integer({ min: 1, max: 9 }),
    // Winograd's method computes only convolutions with 5 × 5 filters and stride 1.
    kernelSize: fc.oneof(fc.tuple(kernelSide, kernelSide), fc.constant<[number, number]>([5, 5])),
    stride: fc.oneof(fc.constant(1), small),
    padding: fc.constantFrom<('same' | 'valid' | 1)[]>('same', 'valid', 1),
  }),
  // The contract suite tests max pooling instead. If two numbers are nearly equal, engines may
  // choose different ones.
  fc.record({
    type: fc.constant('avgPool2d' as const),
    poolSize: fc.tuple(small, small),
    stride: small,
  }),
  between,
)
const specs = fc
  .record({
    side: fc.tuple(
      fc.integer({ min: 5, max: 29 }),
      fc.integer({ min: 5, max: 29 }),
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
    classes: fc.oneof(fc.integer({ min: 2, max: 12 }), fc.integer({ min: 2, max: 300 })),
    softmax: fc.boolean(),
  })
  .map(({ side, spatial: image, features, classes, softmax }): ModelSpec => ({
    name: 'random',
    inputShape: side,
    normalization: { mean: 0.5, std: 0.25 },
    layers: [
      ...image,
      { type: 'flatten' },
      ...features,
      { type: 'dense', units: classes },
      ...(softmax ? [{ type: 'softmax' } as const] : []),
    ],
  }))
  .filter((spec) => fits(spec) && workOf(spec) <= MOST_WORK)

/** Returns the multiply-adds of one image's forward pass. */
function workOf(spec: ModelSpec): number {
  return inferShapes(spec).reduce((sum, { layer, inputShape, outputShape }) => {
    const outputs = sizeOf(outputShape)
    if (layer.type === 'dense') return sum + sizeOf(inputShape) * outputs
    if (layer.type !== 'conv2d') return sum
    const kernel = [layer.kernelSize].flat()
    return sum + outputs * inputShape.at(-1)! * kernel[0]! * kernel.at(-1)!
  }, 0)
}

/** Returns samples whose labels are spread over all classes of the model that a byte can name. */
function batchOf(spec: ModelSpec, size: number): Batch {
  const classes = Math.min(256, inferShapes(spec).at(-1)!.outputShape[0]!)
  const labels = Uint8Array.from({ length: size }, (_, i) => (i * 37 + 5) % classes)
  return toBatch({ images: samples(spec, size).images, labels })
}

interface Outcome {
  readonly losses: readonly number[]
  readonly weights: readonly number[]
  readonly predictions: readonly number[]
}

interface Sizes {
  /** The size of the first batch, and the largest one. */
  readonly planned: number
  /** The size of the second batch, and of the evaluation. */
  readonly size: number
}

/** Runs two training steps, an evaluation and a prediction. */
async function train(
  session: Session,
  spec: ModelSpec,
  { planned, size }: Sizes,
): Promise<Outcome> {
  const trainer = await session.compile(
    spec,
    {
      ...plan,
      batchSize: planned,
      optimizer: { learningRate: 0.05, momentum: 0.9, weightDecay: 0.01 },
    },
    initialWeights(spec, { seed: 4, scheme: 'glorot' }),
  )
  const losses = []
  for (const count of [planned, size]) losses.push((await trainer.step(batchOf(spec, count))).loss)
  losses.push((await trainer.evaluate(batchOf(spec, size))).loss)
  const predictions = Array.from(await trainer.predict(samples(spec, size).images))
  const weights = flat((await trainer.save()).weights)
  trainer.dispose()
  return { losses, weights, predictions }
}

async function expectAllAlike(spec: ModelSpec, sizes: Sizes): Promise<void> {
  const [theirs, ...ours] = await Promise.all(
    sessions.map((session) => train(session, spec, sizes)),
  )
  for (const [i, outcome] of ours.entries())
    for (const what of ['losses', 'weights', 'predictions'] as const) {
      expect(outcome[what]).toHaveLength(theirs![what].length)
      const worst = outcome[what].reduce((most, value, at) => {
        // Relative to large numbers, because a step may make a model diverge.
        const expected = theirs![what][at]!
        const difference = Math.abs(value - expected) / Math.max(1, Math.abs(expected))
        return Number.isNaN(difference) ? Infinity : Math.max(most, difference)
      }, 0)
      const tolerance = what === 'predictions' ? 1e-3 : 1e-4
      expect(worst, `${NAMES[i]}, ${what}`).toBeLessThan(tolerance)
    }
}

const sizes = fc
  .tuple(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 0, max: 69 }))
  .map(([planned, rest]): Sizes => ({ planned, size: 1 + (rest % planned) }))

test(
  'trains any model as TensorFlow.js does, with the same dropout masks and batches of any size',
  { timeout: 60_000 },
  async () => {
    // On a busy machine fewer models are compared, so that the test ends in time.
    await fc.assert(fc.asyncProperty(specs, sizes, expectAllAlike), {
      numRuns: 60,
      interruptAfterTimeLimit: 25_000,
    })
  },
)

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
    for (const size of [1, 2, 3, 16]) await expectAllAlike(spec, { planned: 17, size })
  },
)
