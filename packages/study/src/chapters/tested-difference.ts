import { mcNemarTest, permutationTest } from '@mnist-lab/metrics'
import { finals, type Group, mean } from '../results.js'
import { counted, pText, signed, whole } from './format.js'

/** A difference with a larger p is not called significant. */
const LEVEL = 0.05

/** The difference between two groups' validation accuracies, and whether it is significant. */
export interface TestedDifference {
  /** mean(a) − mean(b) */
  readonly difference: number
  readonly significant: boolean
  readonly p: number
  /** The result of the test in a few words. */
  readonly evidence: string
}

/**
 * Tests whether the validation accuracies of two groups differ. If there are enough seeds for a
 * significant result, the test compares the means over seeds. Otherwise it compares the mistakes,
 * image by image, for the first seed that both groups have.
 */
export function testDifference(a: Group, b: Group): TestedDifference {
  const [ofA, ofB] = [finals(a, 'validation', 'accuracy'), finals(b, 'validation', 'accuracy')]
  const seeds = permutationTest(ofA, ofB)
  const pair = a.flatMap((one) =>
    b
      .filter(({ planned }) => planned.seed === one.planned.seed)
      .map((other) => [one, other] as const),
  )[0]
  if (seeds.smallestP <= LEVEL || pair === undefined) {
    const { p, difference } = seeds
    return {
      p,
      difference,
      significant: p <= LEVEL,
      evidence: `over ${seedsText(ofA.length, ofB.length)}, ${pText(p)}`,
    }
  }
  const [one, other] = pair
  const { p, onlyA, onlyB } = mcNemarTest(one.evaluation.wrong, other.evaluation.wrong)
  return {
    p,
    difference: mean(ofA) - mean(ofB),
    significant: p <= LEVEL,
    evidence: `seed ${one.planned.seed}: ${whole(onlyA)} against ${counted(onlyB, 'mistake')} that the other model avoids, ${pText(p)}`,
  }
}

/** Explains which test {@link testDifference} uses and what its evidence means. */
export function testNote(a: Group, b: Group): string {
  const { smallestP } = permutationTest(
    finals(a, 'validation', 'accuracy'),
    finals(b, 'validation', 'accuracy'),
  )
  const level = 'A difference is called significant if p is 0.05 or less.'
  if (smallestP <= LEVEL) {
    return `The test is an exact permutation test of the means over ${seedsText(a.length, b.length)}. Its smallest possible p is ${smallestP.toFixed(3)}. ${level}`
  }
  const why =
    smallestP === 1
      ? 'A single seed says nothing about other seeds'
      : `With ${seedsText(a.length, b.length)}, no exact test of the means can give a p below ${smallestP.toFixed(3)}`
  return (
    `${why}, so the test is McNemar’s exact test, which compares two models image by image. The brackets count the mistakes that only the first model makes, then those that only the second makes. ` +
    `The result holds for these weights, not for other seeds. ${level}`
  )
}

/** Writes the result of a test: `+0.0034, which is significant (…)`. */
export function differenceText({ difference, significant, evidence }: TestedDifference): string {
  return `${signed(difference)}, which is ${significant ? 'significant' : 'not significant'} (${evidence})`
}

function seedsText(a: number, b: number): string {
  return a === b ? `${counted(a, 'seed')} each` : `${counted(a, 'seed')} against ${b}`
}
