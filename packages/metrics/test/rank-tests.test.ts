import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { holm, mannKendall, mannWhitney, smallestP, stepTrend, trend } from '../src/index.js'

interface Reference {
  readonly mannWhitney: readonly {
    readonly a: number[]
    readonly b: number[]
    readonly u: number
    readonly p: number
    readonly method: string
  }[]
  readonly mannKendall: readonly {
    readonly values: number[]
    readonly s: number
    readonly p: number
    readonly slope: number
  }[]
}
/** Its `how` says how it was made. */
const reference = JSON.parse(
  await readFile(new URL('fixtures/rank-tests.json', import.meta.url), 'utf8'),
) as Reference

const values = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 12 })

describe('the Mann–Whitney test', () => {
  test.each(reference.mannWhitney)(
    'agrees with SciPy: $method, p = $p',
    ({ a, b, u, p, method }) => {
      const ours = mannWhitney(a, b)
      expect(ours).toMatchObject({ u, method })
      expect(ours.p).toBeCloseTo(p, 6)
    },
  )

  test('does not depend on the order of the samples or on an increasing scale', () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        const { u, p } = mannWhitney(a, b)
        const swapped = mannWhitney(b, a)
        expect(swapped.p).toBeCloseTo(p, 12)
        expect(u + swapped.u).toBe(a.length * b.length)
        const scale = (list: readonly number[]) => list.map((value) => Math.exp(value / 10) * 3)
        expect(mannWhitney(scale(a), scale(b))).toEqual({
          ...mannWhitney(a, b),
          p: expect.closeTo(p, 12),
        })
        expect(p).toBeGreaterThan(0)
        expect(p).toBeLessThanOrEqual(1)
      }),
    )
  })

  test('has its smallest p for groups that do not overlap', () => {
    expect(smallestP(5, 5)).toBeCloseTo(2 / 252, 12)
    expect(mannWhitney([1, 2, 3, 4], [5, 6, 7]).p).toBeCloseTo(smallestP(4, 3), 12)
  })

  test('is refused without samples', () => {
    expect(() => mannWhitney([], [1])).toThrow(/at least one/)
  })
})

describe("Holm's correction", () => {
  test('is R\'s p.adjust(method = "holm")', () => {
    expect(holm([0.01, 0.04, 0.03, 0.005])).toEqual(
      [0.03, 0.06, 0.06, 0.02].map((p) => expect.closeTo(p, 12)),
    )
    expect(holm([])).toEqual([])
  })

  test('never makes a p smaller, nor changes their order', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 9 }), (ps) => {
        const adjusted = holm(ps)
        ps.forEach((p, i) => {
          expect(adjusted[i]).toBeGreaterThanOrEqual(p)
          expect(adjusted[i]).toBeLessThanOrEqual(1)
          ps.forEach((other, j) => {
            if (p < other) expect(adjusted[i]).toBeLessThanOrEqual(adjusted[j]!)
          })
        })
      }),
    )
  })
})

describe('the Mann–Kendall test', () => {
  test.each(reference.mannKendall)(
    'agrees with SciPy: s = $s, p = $p',
    ({ values, s, p, slope }) => {
      const ours = mannKendall(values)
      expect(ours.s).toBe(s)
      expect(ours.p).toBeCloseTo(p, 6)
      expect(ours.slope).toBeCloseTo(slope, 9)
    },
  )

  test('changes its sign when time is reversed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 2, maxLength: 12 }),
        (list) => {
          const { s, p, slope } = mannKendall(list)
          const back = mannKendall([...list].reverse())
          expect(back.s + s).toBe(0)
          expect(back.p).toBe(p)
          expect(back.slope + slope).toBeCloseTo(0, 9)
        },
      ),
    )
  })
})

describe('a trend', () => {
  /** Noise that has no trend, the same every time. */
  const noise = (at: number) => Math.sin(at * 12.9898) * 0.05
  const steps = (slow: (at: number) => number) =>
    Array.from({ length: 600 }, (_, at) => 10 * (1 + noise(at)) * slow(at / 600))

  test('of steps that warm up is marked, with the change in speed', () => {
    const found = stepTrend(steps((at) => 1.2 - 0.2 * at))!
    expect(found.marked).toBe(true)
    expect(found.change).toBeCloseTo(-0.17, 1)
  })

  test('is not marked in noise, or if it is too small', () => {
    expect(stepTrend(steps(() => 1))!.marked).toBe(false)
    const small = stepTrend(steps((at) => 1 + 0.04 * at))!
    expect(small.p).toBeLessThan(0.01)
    expect(small.marked).toBe(false)
  })

  test('is undefined for too few values', () => {
    expect(trend([1, 2, 3, 4])).toBeUndefined()
    expect(stepTrend([1, 2, 3, 4, 5, 6])).toBeUndefined()
  })
})
