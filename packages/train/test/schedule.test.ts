import { epochFiguresSchema, type EpochFigures } from '../src/run-schema.js'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  constant,
  cosine,
  epochsWithoutGain,
  exponentialDecay,
  oneCycle,
  schedule,
  scheduleSchema,
  stepDecay,
  type ScheduleSpec,
} from '../src/index.js'
import reference from './fixtures/one-cycle.json' with { type: 'json' }
import { collect, compile, endOf, smallRun } from './small-run.js'

const byEpoch = (spec: ScheduleSpec, epochs: number) =>
  Array.from({ length: epochs }, (_, i) =>
    schedule(spec)({ epoch: i + 1, step: 1, stepsPerEpoch: 4 }),
  )

test('constant, step and exponential decay by epoch, as PyTorch’s', () => {
  expect(byEpoch(constant(), 3)).toEqual([1, 1, 1])
  expect(byEpoch(stepDecay({ every: 2, factor: 0.1 }), 5)).toEqual([1, 1, 0.1, 0.1, 0.1 ** 2])
  expect(byEpoch(exponentialDecay({ factor: 0.5 }), 4)).toEqual([1, 0.5, 0.25, 0.125])
})

test('a cosine falls from 1 through a half to 0, and stays there', () => {
  const factors = byEpoch(cosine({ epochs: 4 }), 7)
  const expected = [1, (1 + Math.SQRT1_2) / 2, 0.5, (1 - Math.SQRT1_2) / 2, 0, 0, 0]
  factors.forEach((factor, i) => expect(factor).toBeCloseTo(expected[i]!, 12))
})

test('a warm-up rises step by step to the full rate', () => {
  const factor = schedule(cosine({ epochs: 3, warmup: 1 }))
  expect([1, 2, 3, 4].map((step) => factor({ epoch: 1, step, stepsPerEpoch: 4 }))).toEqual([
    0.25, 0.5, 0.75, 1,
  ])
  expect(factor({ epoch: 2, step: 1, stepsPerEpoch: 4 })).toBe(1)
})

test.each(reference.cases)(
  'one cycle of $epochs epochs of $stepsPerEpoch steps, $pctStart of them rising, has PyTorch’s rates',
  ({ stepsPerEpoch, rates, ...options }) => {
    const factor = schedule(oneCycle(options))
    for (const [i, rate] of rates.entries()) {
      const position = { epoch: Math.floor(i / stepsPerEpoch) + 1, step: (i % stepsPerEpoch) + 1 }
      expect(factor({ ...position, stepsPerEpoch }), `step ${i}`).toBeCloseTo(rate, 14)
    }
  },
)

test('one cycle has PyTorch’s settings by default, and stays at its lowest rate afterwards', () => {
  expect(oneCycle({ epochs: 3 })).toEqual(
    oneCycle({ epochs: 3, pctStart: 0.3, divFactor: 25, finalDivFactor: 1e4 }),
  )
  const factor = schedule(oneCycle({ epochs: 2 }))
  for (const epoch of [3, 4])
    expect(factor({ epoch, step: 1, stepsPerEpoch: 4 })).toBeCloseTo(1 / 25 / 1e4, 14)
})

test('one cycle whose rise is a single step begins with the full rate', () => {
  const factor = schedule(oneCycle({ epochs: 1, pctStart: 0.25 }))
  expect(factor({ epoch: 1, step: 1, stepsPerEpoch: 4 })).toBe(1)
})

test('every schedule survives JSON and stays within 0 and 1', () => {
  const specs = fc.oneof(
    fc.constant(constant()),
    fc
      .record({
        every: fc.integer({ min: 1, max: 9 }),
        factor: fc.double({ min: 0.01, max: 1, noNaN: true }),
      })
      .map(stepDecay),
    fc.record({ factor: fc.double({ min: 0.01, max: 1, noNaN: true }) }).map(exponentialDecay),
    fc
      .record({
        epochs: fc.double({ min: 0.1, max: 9, noNaN: true }),
        warmup: fc.double({ min: 0, max: 9, noNaN: true }),
      })
      .map(cosine),
    fc
      .record({
        epochs: fc.double({ min: 0.1, max: 9, noNaN: true }),
        pctStart: fc.double({ min: 0, max: 1, noNaN: true }),
        divFactor: fc.double({ min: 1, max: 1e6, noNaN: true }),
        finalDivFactor: fc.double({ min: 1, max: 1e6, noNaN: true }),
      })
      .map(oneCycle),
  )
  fc.assert(
    fc.property(
      specs,
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 8 }),
      (spec, epoch, step) => {
        const again = scheduleSchema.parse(JSON.parse(JSON.stringify(spec)))
        const factor = schedule(again)({ epoch, step, stepsPerEpoch: 8 })
        expect(factor).toBe(schedule(spec)({ epoch, step, stepsPerEpoch: 8 }))
        expect(factor).toBeGreaterThanOrEqual(0)
        expect(factor).toBeLessThanOrEqual(1)
      },
    ),
  )
})

function history(...figures: { loss: number; accuracy: number }[]): EpochFigures[] {
  return figures.map((validation, i) =>
    epochFiguresSchema.parse({
      epoch: i + 1,
      learningRate: 1,
      trainSeconds: 0,
      evaluateSeconds: 0,
      train: { loss: 0, batchLossPerSample: 0, accuracy: 0, samples: 1 },
      validation: { ...validation, batchLossPerSample: 0, samples: 1 },
    }),
  )
}

test('epochs without gain are counted from the best one', () => {
  const losses = history(...[3, 2, 2, 2.5, 1, 1.5].map((loss) => ({ loss, accuracy: 0 })))
  const counts = (minDelta: number) =>
    losses.map((_, i) =>
      epochsWithoutGain({ monitor: 'loss', patience: 9, minDelta }, losses.slice(0, i + 1)),
    )
  expect(counts(0)).toEqual([0, 0, 1, 2, 0, 1])
  expect(counts(1.5)).toEqual([0, 1, 2, 3, 0, 1])
  const accuracies = history(...[0.5, 0.6, 0.55].map((accuracy) => ({ loss: 0, accuracy })))
  expect(epochsWithoutGain({ monitor: 'accuracy', patience: 1 }, accuracies)).toBe(1)
})

test('a run stops early after `patience` epochs, and stays stopped when it is resumed', async () => {
  const losses = [3, 2, 2.1, 2.2, 1]
  const run = async () => {
    const trainer = await compile()
    // Two batches of validation an epoch.
    let calls = 0
    trainer.evaluate = async () => ({ loss: losses[Math.floor(calls++ / 2)]!, correct: 0 })
    return smallRun({ trainer, epochs: 5, earlyStopping: { monitor: 'loss', patience: 2 } })
  }
  const end = endOf(await collect(await run()))
  expect([end.reason, end.epochs.length]).toEqual(['stopped-early', 4])
  const resumed = await collect({ ...(await run()), resume: end.checkpoint })
  expect([resumed.length, endOf(resumed).reason]).toEqual([2, 'stopped-early'])
})
