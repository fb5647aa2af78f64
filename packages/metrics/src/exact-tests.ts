/** The outcome of a two-sided test. */
export interface TestResult {
  /** The probability of a difference at least this large if there is no true difference. */
  readonly p: number
  /** The smallest p that this number of samples can give. */
  readonly smallestP: number
}

/** The result of {@link permutationTest}. */
export interface PermutationResult extends TestResult {
  /** mean(a) − mean(b) */
  readonly difference: number
}

/** The largest number of divisions: C(24, 12), which takes about a second. */
const MAX_DIVISIONS = 2_704_156

/**
 * Tests whether two groups of independent results, such as accuracies over seeds, differ in their
 * means, with Fisher's exact permutation test. It tries every division of the pooled results into
 * groups of these sizes; p is the share of divisions whose means differ by at least as much. It
 * assumes nothing about the distribution.
 *
 * @param a at least one result
 * @param b at least one result
 * @throws RangeError when a group is empty or there are more than 2,704,156 divisions (12 against
 *   12)
 */
export function permutationTest(a: readonly number[], b: readonly number[]): PermutationResult {
  if (a.length === 0 || b.length === 0)
    throw new RangeError('results: expected at least one in each group, got none')
  const pooled = [...a, ...b]
  const divisions = binomial(pooled.length, a.length)
  if (divisions > MAX_DIVISIONS) {
    throw new RangeError(
      `results: expected at most 12 in each group, got ${a.length} and ${b.length}`,
    )
  }
  const total = sum(pooled)
  const differenceOf = (sumOfA: number) => sumOfA / a.length - (total - sumOfA) / b.length
  const difference = differenceOf(sum(a))
  // Divisions that differ only by rounding count as equal.
  const least = Math.abs(difference) - 1e-9 * Math.max(Math.abs(total), 1e-300)
  let asLarge = 0
  const divide = (from: number, left: number, sumOfA: number): void => {
    if (left === 0) {
      if (Math.abs(differenceOf(sumOfA)) >= least) asLarge++
      return
    }
    for (let at = from; at <= pooled.length - left; at++)
      divide(at + 1, left - 1, sumOfA + pooled[at]!)
  }
  divide(0, a.length, 0)
  // If both groups have the same size, swapping them gives a second division with the same
  // difference.
  return {
    difference,
    p: asLarge / divisions,
    smallestP: (a.length === b.length ? 2 : 1) / divisions,
  }
}

/** The result of {@link mcNemarTest}. */
export interface McNemarResult extends TestResult {
  /** The number of samples that only a got wrong. */
  readonly onlyA: number
  /** The number of samples that only b got wrong. */
  readonly onlyB: number
}

/**
 * Tests whether two models make mistakes equally often on the same samples, with McNemar's exact
 * test: a binomial test of the samples that exactly one of the two got wrong. The result holds for
 * these two sets of weights, not for other seeds.
 *
 * @param wrongA indices of the samples that a got wrong
 * @param wrongB indices of the samples that b got wrong
 */
export function mcNemarTest(wrongA: readonly number[], wrongB: readonly number[]): McNemarResult {
  const [a, b] = [new Set(wrongA), new Set(wrongB)]
  const onlyA = wrongA.filter((index) => !b.has(index)).length
  const onlyB = wrongB.filter((index) => !a.has(index)).length
  const n = onlyA + onlyB
  return {
    onlyA,
    onlyB,
    p: Math.min(1, 2 * lowerTail(n, Math.min(onlyA, onlyB))),
    smallestP: Math.min(1, 2 ** (1 - n)),
  }
}

/**
 * Returns P(X ≤ k) for X ~ Binomial(n, ½). It sums terms from logarithms, because 2⁻ⁿ alone would
 * underflow.
 */
function lowerTail(n: number, k: number): number {
  let logTerm = -n * Math.LN2
  let tail = Math.exp(logTerm)
  for (let i = 1; i <= k; i++) {
    logTerm += Math.log((n - i + 1) / i)
    tail += Math.exp(logTerm)
  }
  return tail
}

function binomial(n: number, k: number): number {
  let product = 1
  for (let i = 1; i <= k; i++) product = (product * (n - k + i)) / i
  return Math.round(product)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
