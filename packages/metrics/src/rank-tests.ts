import { errorFunction, medianSorted } from 'simple-statistics'

/** The result of {@link mannWhitney}. */
export interface MannWhitney {
  /**
   * The number of pairs (x of a, y of b) with x > y; a tie counts half. It is
   * `a.length * b.length / 2` if neither side tends to be larger.
   */
  readonly u: number
  /** The two-sided p: how often two samples of one distribution differ at least as much. */
  readonly p: number
  /**
   * `exact` counts all ways to divide the ranks; `normal` is the approximation, used with ties or
   * many samples.
   */
  readonly method: 'exact' | 'normal'
}

/**
 * The largest number of pairs that are counted exactly. With more, the exact count is slow and the
 * approximation is as good.
 */
const EXACT_PAIRS = 2500

/**
 * Tests whether values of `a` tend to be larger or smaller than values of `b`, with the
 * Mann–Whitney U test (1947). It assumes nothing about the shape of the distributions, but it
 * assumes independent values: pass one number per process, not its steps.
 *
 * Without ties and with at most {@link EXACT_PAIRS} pairs the distribution of U is counted exactly.
 * Otherwise it is approximated by a normal distribution with corrections for ties and continuity,
 * as in R's wilcox.test and SciPy's mannwhitneyu.
 *
 * @throws RangeError when a side has no value
 */
export function mannWhitney(a: readonly number[], b: readonly number[]): MannWhitney {
  if (a.length === 0 || b.length === 0)
    throw new RangeError('samples: expected at least one on each side, got none')
  const u = a.reduce(
    (sum, x) => sum + b.reduce((wins, y) => wins + (x > y ? 1 : x === y ? 0.5 : 0), 0),
    0,
  )
  const pairs = a.length * b.length
  const ties = tieSizes([...a, ...b])
  if (ties.length === 0 && pairs <= EXACT_PAIRS)
    return { u, p: exactP(u, a.length, b.length), method: 'exact' }
  const n = a.length + b.length
  const tied = ties.reduce((sum, t) => sum + (t ** 3 - t), 0)
  const deviation = Math.sqrt((pairs / 12) * (n + 1 - tied / (n * (n - 1))))
  if (deviation === 0) return { u, p: 1, method: 'normal' }
  const z = Math.max(0, Math.abs(u - pairs / 2) - 0.5) / deviation
  return { u, p: twoSidedP(z), method: 'normal' }
}

/**
 * Returns the smallest p that the Mann–Whitney test can give for these sample sizes: 0.0079 for 5
 * and 5.
 */
export function smallestP(aCount: number, bCount: number): number {
  return exactP(0, aCount, bCount)
}

/** The result of {@link mannKendall}. */
export interface MannKendall {
  /**
   * The number of pairs whose later value is larger, minus the number whose later value is smaller.
   */
  readonly s: number
  /** The two-sided p of the normal approximation with corrections for ties and continuity. */
  readonly p: number
  /**
   * The Theil–Sen slope: the median of the slopes between all pairs of values, per position in the
   * list.
   */
  readonly slope: number
}

/**
 * Tests for an upward or downward trend of any shape, with the Mann–Kendall test (Mann 1945,
 * Kendall 1975). Values that resemble their neighbours for another reason look like a trend: pass
 * medians of blocks, not raw steps.
 *
 * @param values in the order of time; the test takes n²/2 comparisons
 * @throws RangeError with fewer than 2 values
 */
export function mannKendall(values: readonly number[]): MannKendall {
  const n = values.length
  if (n < 2) throw new RangeError(`values: expected at least two, got ${n}`)
  const slopes: number[] = []
  let s = 0
  for (let later = 1; later < n; later++) {
    for (let earlier = 0; earlier < later; earlier++) {
      const difference = values[later]! - values[earlier]!
      s += Math.sign(difference)
      slopes.push(difference / (later - earlier))
    }
  }
  const scale = (count: number) => count * (count - 1) * (2 * count + 5)
  const variance = (scale(n) - tieSizes(values).reduce((sum, ties) => sum + scale(ties), 0)) / 18
  const z = variance === 0 ? 0 : Math.max(0, Math.abs(s) - 1) / Math.sqrt(variance)
  return { s, p: twoSidedP(z), slope: medianSorted(slopes.sort((a, b) => a - b)) }
}

function exactP(u: number, m: number, n: number): number {
  const ways = waysToRank(m, n)
  const total = ways.reduce((sum, count) => sum + count, 0)
  const extreme = Math.min(u, m * n - u)
  let tail = 0
  for (let i = 0; i <= extreme; i++) tail += ways[i]!
  return Math.min(1, (2 * tail) / total)
}

/**
 * Counts the divisions of m + n ranks into m and n for each U from 0 to m·n. They are the
 * coefficients of the Gaussian binomial (m + n choose m), that is of ∏ (1 − q^(n+i)) / (1 − q^i)
 * for i = 1 … m.
 */
function waysToRank(m: number, n: number): Float64Array {
  const ways = new Float64Array(m * n + 1)
  ways[0] = 1
  for (let i = 1; i <= m; i++) {
    for (let at = m * n; at >= n + i; at--) ways[at]! -= ways[at - n - i]!
    for (let at = i; at <= m * n; at++) ways[at]! += ways[at - i]!
  }
  return ways
}

/** Returns the size of each group of equal values with more than one member. */
function tieSizes(values: readonly number[]): number[] {
  const counts = new Map<number, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts.values()].filter((count) => count > 1)
}

/**
 * Returns the probability that a standard normal variable is at least as far from 0 as z, to about
 * 1e-7.
 */
function twoSidedP(z: number): number {
  return Math.min(1, Math.max(0, 1 - errorFunction(Math.abs(z) / Math.SQRT2)))
}
