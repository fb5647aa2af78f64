/** A two-sided test's outcome. */
export interface TestResult {
  /** Probability of a difference at least as large when there is none. */
  readonly p: number
  /** The smallest p that so few samples can give. */
  readonly smallestP: number
}

export interface PermutationResult extends TestResult {
  /** mean(a) − mean(b) */
  readonly difference: number
}

/** C(24, 12): a second of work. */
const MAX_DIVISIONS = 2_704_156

/**
 * Whether two groups of independent results (accuracies over seeds, say) differ in their means: Fisher's exact
 * permutation test. Every division of the pooled results into groups of these sizes is tried; p is the share whose means
 * differ by at least as much. Nothing is assumed of the distribution, which five seeds could not show anyway.
 *
 * @param a at least one
 * @param b at least one
 * @throws RangeError when a group is empty or there are more than 2,704,156 divisions (12 against 12)
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
  // Divisions that are equal but for rounding count as equal.
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
  // A division and, where the groups are of one size, its mirror image differ by as much.
  return {
    difference,
    p: asLarge / divisions,
    smallestP: (a.length === b.length ? 2 : 1) / divisions,
  }
}

export interface McNemarResult extends TestResult {
  /** Samples that only a got wrong, and only b. */
  readonly onlyA: number
  readonly onlyB: number
}

/**
 * Whether two models make mistakes equally often on the same samples: McNemar's test in its exact form, the binomial
 * test of the samples that just one of them got wrong. It speaks of these two sets of weights, not of other seeds.
 *
 * @param wrongA indices of the samples that a got wrong
 * @param wrongB likewise
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

/** P(X ≤ k) of X ~ Binomial(n, ½), term by term from C(n, 0) on, as logarithms: 2⁻ⁿ alone would vanish. */
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
