import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { accuracy } from '@mnist-lab/metrics'
import { batchLossPerSample, meanLoss } from '../src/pass.js'
import { addBatch, emptyPass, passFigures, passSumsSchema } from '../src/pass.js'

const batch = fc.record({
  loss: fc.double({ min: 0, max: 10, noNaN: true }),
  correct: fc.nat(32),
  size: fc.integer({ min: 1, max: 32 }),
})

describe('a pass', () => {
  test("weighs a short last batch by its size, and in the study's reduction as a full one", () => {
    const sums = addBatch(
      addBatch(emptyPass(), { loss: 2, correct: 3 }, 4),
      { loss: 1, correct: 1 },
      1,
    )
    expect(passFigures(sums)).toEqual({
      loss: 9 / 5,
      batchLossPerSample: 3 / 5,
      accuracy: 4 / 5,
      samples: 5,
    })
  })

  test('saved as JSON half-way and continued gives exactly the same figures', () => {
    fc.assert(
      fc.property(fc.array(batch, { minLength: 1, maxLength: 40 }), fc.nat(40), (batches, half) => {
        let whole = emptyPass()
        let resumed = emptyPass()
        batches.forEach(({ size, ...figures }, i) => {
          whole = addBatch(whole, figures, size)
          if (i === half) resumed = passSumsSchema.parse(JSON.parse(JSON.stringify(resumed)))
          resumed = addBatch(resumed, figures, size)
        })
        expect(passFigures(resumed)).toEqual(passFigures(whole))
      }),
    )
  })

  test('without a sample has no figures', () => {
    expect(() => passFigures(emptyPass())).toThrow(/at least one sample/)
  })
})

describe('the loss of an untrained model of ten classes', () => {
  const chance = Math.log(10)
  const losses = (batches: number) => new Array<number>(batches).fill(chance)

  test("is the study's 0.07196 over 1875 full batches of 32", () => {
    const sizes = new Array<number>(1875).fill(32)
    expect(meanLoss(losses(1875), sizes)).toBeCloseTo(chance, 10)
    expect(batchLossPerSample(losses(1875), sizes)).toBeCloseTo(0.07196, 5)
  })

  test("is the study's 0.07207 over 10,000 samples in 313 batches", () => {
    const sizes = [...new Array<number>(312).fill(32), 16]
    expect(meanLoss(losses(313), sizes)).toBeCloseTo(chance, 10)
    expect(batchLossPerSample(losses(313), sizes)).toBeCloseTo(0.07207, 5)
  })

  test('is refused when a batch has no size', () => {
    expect(() => meanLoss([1, 2], [32])).toThrow('expected 2, one for each loss, got 1')
  })
})

describe('accuracy', () => {
  test('is the share of equal pairs', () => {
    expect(accuracy(Uint8Array.of(1, 2, 3, 4), [1, 2, 0, 4])).toBe(0.75)
  })

  test('is refused for other lengths and for nothing', () => {
    expect(() => accuracy([1, 2], [1])).toThrow('expected 2, one for each label, got 1')
    expect(() => accuracy([], [])).toThrow(/at least one/)
  })
})
