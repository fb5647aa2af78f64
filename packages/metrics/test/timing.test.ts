import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bootstrapRatio, timingStatistics } from '../src/index.js'

const durations = fc.array(fc.double({ min: 0.001, max: 1000, noNaN: true }), {
  minLength: 1,
  maxLength: 50,
})

/** Park and Miller's generator: enough randomness for a test, and the same every time. */
function generator(seed: number): () => number {
  let state = seed
  return () => (state = (state * 48271) % 2147483647) / 2147483647
}

describe('timingStatistics', () => {
  test('interpolates quantiles as NumPy does by default', () => {
    expect(timingStatistics([5, 1, 4, 2, 3])).toEqual({
      n: 5,
      medianMs: 3,
      madMs: 1,
      p5Ms: 1.2,
      p95Ms: 4.8,
      minMs: 1,
      maxMs: 5,
    })
  })

  test('is its only value for one sample', () => {
    expect(timingStatistics([7])).toEqual({
      n: 1,
      medianMs: 7,
      madMs: 0,
      p5Ms: 7,
      p95Ms: 7,
      minMs: 7,
      maxMs: 7,
    })
  })

  test('does not depend on the order and does not change the samples', () => {
    fc.assert(
      fc.property(durations, (samples) => {
        const copy = [...samples]
        const figures = timingStatistics(samples)
        expect(samples).toEqual(copy)
        expect(timingStatistics([...samples].reverse())).toEqual(figures)
        const { minMs, p5Ms, medianMs, p95Ms, maxMs } = figures
        const ordered = [minMs, p5Ms, medianMs, p95Ms, maxMs]
        ordered
          .slice(1)
          .forEach((value, i) => expect(value).toBeGreaterThanOrEqual(ordered[i]! - 1e-9))
      }),
    )
  })

  test('is refused without samples', () => {
    expect(() => timingStatistics([])).toThrow(/at least one/)
  })
})

describe('bootstrapRatio', () => {
  test('of constant samples is exact', () => {
    const interval = bootstrapRatio([[20, 20], [20]], [[10], [10, 10]], {
      random: generator(1),
      resamples: 100,
    })
    expect(interval).toEqual({ ratio: 2, low: 2, high: 2, confidence: 0.95, resamples: 100 })
  })

  test('is the same for the same generator, another for another', () => {
    const noisy = Array.from({ length: 5 }, (_, group) =>
      Array.from({ length: 9 }, (_, i) => 10 + group + i * 0.37),
    )
    const run = (seed: number) => bootstrapRatio(noisy, [[10, 11, 12]], { random: generator(seed) })
    expect(run(7)).toEqual(run(7))
    expect(run(7)).not.toEqual(run(8))
  })

  test('is wider when the repetitions differ from each other than when the same samples are mixed among them', () => {
    const apart = [
      [10, 10, 10, 10],
      [11, 11, 11, 11],
      [12, 12, 12, 12],
      [13, 13, 13, 13],
      [14, 14, 14, 14],
    ]
    const mixed = apart[0]!.map((_, i) => apart.map((group) => group[i]!))
    const width = (groups: number[][]) => {
      const { low, high } = bootstrapRatio(groups, [[1]], { random: generator(3) })
      return high - low
    }
    expect(width(apart)).toBeGreaterThan(1.3 * width(mixed))
  })

  test('covers the true ratio in about 95 of 100 experiments', () => {
    const random = generator(11)
    // Repetitions that share a level, as processes do: level + noise; both medians are 10 and 5.
    const groups = (level: number) =>
      Array.from({ length: 10 }, () => {
        const shift = random() - 0.5
        return Array.from({ length: 10 }, () => level + shift + (random() - 0.5) * 0.2)
      })
    let covered = 0
    for (let experiment = 0; experiment < 200; experiment++) {
      const { low, high } = bootstrapRatio(groups(10), groups(5), { random, resamples: 200 })
      if (low <= 2 && 2 <= high) covered++
    }
    expect(covered).toBeGreaterThan(170)
    expect(covered).toBeLessThanOrEqual(200)
  })

  test('is refused where a repetition is empty', () => {
    expect(() => bootstrapRatio([[1], []], [[1]], { random: Math.random })).toThrow(
      /at least one in each/,
    )
  })
})
