import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mcNemarTest, permutationTest } from '../src/index.js'

const lenet = [0.9856, 0.9861, 0.9849, 0.9872, 0.9858]
const close = [0.9851, 0.9869, 0.984, 0.9866, 0.9847]
const regularised = [0.9573, 0.9601, 0.9588, 0.9612, 0.957]

describe('permutationTest', () => {
  // scipy 1.17.1: stats.permutation_test((a, b), difference of means, n_resamples=inf).pvalue, of
  // the counts × 10,000: with the shares themselves scipy takes two equal differences for unequal
  // ones, by a rounding error.
  test.each([
    [lenet, regularised, 0.02704, 0.007936507936507936],
    [lenet, close, 0.00046, 0.5158730158730159],
    [lenet.slice(0, 3), close.slice(0, 4), -0.00011666666666676484, 0.9142857142857143],
  ])('agrees with scipy: %j and %j', (a, b, difference, p) => {
    const result = permutationTest(a, b)
    expect(result.difference).toBeCloseTo(difference, 12)
    expect(result.p).toBeCloseTo(p, 12)
  })

  test('gives the smallest possible p', () => {
    expect(permutationTest([1, 2, 3], [4, 5, 6])).toMatchObject({ p: 0.1, smallestP: 0.1 })
    expect(permutationTest([1], [2])).toMatchObject({ p: 1, smallestP: 1 })
    expect(permutationTest([3, 4], [1])).toMatchObject({ smallestP: 1 / 3 })
  })

  test('finds no difference where there is none, and the same whichever group comes first', () => {
    expect(permutationTest([0.5, 0.5], [0.5, 0.5])).toMatchObject({ difference: 0, p: 1 })
    const group = fc.array(
      fc.integer({ min: 0, max: 10_000 }).map((n) => n / 10_000),
      { minLength: 1, maxLength: 5 },
    )
    fc.assert(
      fc.property(group, group, (a, b) => {
        const [one, other] = [permutationTest(a, b), permutationTest(b, a)]
        expect(other.p).toBeCloseTo(one.p, 12)
        expect(one.p).toBeGreaterThanOrEqual(1 / 252)
        expect(one.p).toBeLessThanOrEqual(1)
      }),
    )
  })

  test('refuses empty and too large groups', () => {
    expect(() => permutationTest([], [1])).toThrow('at least one in each group')
    expect(() => permutationTest(Array(13).fill(1), Array(12).fill(1))).toThrow('got 13 and 12')
  })
})

describe('mcNemarTest', () => {
  const indices = (count: number, from = 0) => Array.from({ length: count }, (_, at) => from + at)

  // scipy 1.17.1: stats.binomtest(k, n, 0.5).pvalue
  test.each([
    [2, 8, 0.109375],
    [9, 16, 0.2295229434967041],
    [17, 104, 1.9786177986614588e-16],
    [1400, 1600, 0.00027856396103923366],
    [9800, 10_200, 0.004780889455902781],
    [1, 0, 1],
    [4, 4, 1],
  ])('agrees with scipy: %d and %d', (onlyA, onlyB, p) => {
    const shared = indices(5)
    const result = mcNemarTest(
      [...shared, ...indices(onlyA, 100)],
      [...shared, ...indices(onlyB, 50_000)],
    )
    expect(result).toMatchObject({ onlyA, onlyB })
    expect(result.p / p).toBeCloseTo(1, 9)
  })

  test('finds no difference between models that make the same mistakes', () => {
    expect(mcNemarTest([3, 7], [7, 3])).toEqual({ onlyA: 0, onlyB: 0, p: 1, smallestP: 1 })
  })
})
