import { errorFunction } from 'simple-statistics'

export interface MannWhitney {
  /** Pairs (x of a, y of b) with x > y, ties counting half: `a.length * b.length / 2` where neither tends to be larger. */
  readonly u: number
  /** Two-sided: how often samples of one distribution would differ at least as much. */
  readonly p: number
  /** `exact`: from all ways to divide the ranks; `normal`: the approximation, where there are ties or many samples. */
  readonly method: 'exact' | 'normal'
}

/** Beyond this many pairs the normal approximation is as good, and the exact count slow. */
const EXACT_PAIRS = 2500

/**
 * The Mann–Whitney U test (1947): do values of `a` tend to be larger or smaller than values of `b`? It assumes nothing of
 * the distributions' shape, but that all values are independent: give it one number for each process, not its steps.
 *
 * Without ties and with at most {@link EXACT_PAIRS} pairs the distribution of U is counted out; else it is approximated by the
 * normal one with the correction for ties and for continuity, as R's wilcox.test and SciPy's mannwhitneyu do.
 *
 * @throws RangeError when there is no value on a side
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

/** How often a standard normal variable is at least as far from 0 as z, to about 1e-7. */
export function twoSidedP(z: number): number {
  return Math.min(1, Math.max(0, 1 - errorFunction(Math.abs(z) / Math.SQRT2)))
}

/** The smallest p that the test can give with so many values on each side: 0.0079 for 5 and 5. */
export function smallestP(aCount: number, bCount: number): number {
  return exactP(0, aCount, bCount)
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
 * Of the divisions of m + n ranks into m and n, how many have U = 0, 1, …, m·n: the coefficients of the Gaussian binomial
 * (m + n choose m), that is of ∏ (1 − q^(n+i)) / (1 − q^i) for i = 1 … m.
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

/** How many values share each value that more than one has. */
export function tieSizes(values: readonly number[]): number[] {
  const counts = new Map<number, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts.values()].filter((count) => count > 1)
}
