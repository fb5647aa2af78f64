import { mcNemarTest, permutationTest } from '@mnist-lab/metrics'
import { finals, mean, type Group } from './groups.js'
import { counted, pText, signed, whole } from './wording.js'

const LEVEL = 0.05

/** Whether two groups' validation accuracies differ by more than chance, as far as their seeds can tell. */
export interface Verdict {
  /** mean(a) − mean(b) */
  readonly difference: number
  readonly significant: boolean
  readonly p: number
  /** Which test, on what, and what it says. */
  readonly text: string
}

/** Over seeds where there are enough of them; else image by image, of the first seed that both have. */
export function compare(a: Group, b: Group): Verdict {
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
      text: `over ${seedsText(ofA.length, ofB.length)}, ${pText(p)}`,
    }
  }
  const [one, other] = pair
  const { p, onlyA, onlyB } = mcNemarTest(one.evaluation.wrong, other.evaluation.wrong)
  return {
    p,
    difference: mean(ofA) - mean(ofB),
    significant: p <= LEVEL,
    text: `seed ${one.planned.seed}: ${whole(onlyA)} against ${counted(onlyB, 'mistake')} of its own, ${pText(p)}`,
  }
}

/** Which test decides, and what the brackets of {@link verdictText} say. */
export function testNote(a: Group, b: Group): string {
  const { smallestP } = permutationTest(
    finals(a, 'validation', 'accuracy'),
    finals(b, 'validation', 'accuracy'),
  )
  if (smallestP <= LEVEL) {
    return `The test is an exact permutation test of the means over ${seedsText(a.length, b.length)}; its p can come down to ${smallestP.toFixed(3)}. More than chance: p of 0.05 or less.`
  }
  const why =
    smallestP === 1
      ? 'A single seed says nothing of others'
      : `Over ${seedsText(a.length, b.length)} no exact test of the means can come below p = ${smallestP.toFixed(3)}`
  return (
    `${why}, so the test is McNemar’s exact one, image by image: the mistakes in brackets are those that only one of the two models makes. It speaks of these weights, not of other seeds. ` +
    'More than chance: p of 0.05 or less.'
  )
}

/** `+0.0034, more than chance explains (…)` */
export function verdictText({ difference, significant, text }: Verdict): string {
  return `${signed(difference)}, ${significant ? 'more than chance explains' : 'no more than chance may explain'} (${text})`
}

function seedsText(a: number, b: number): string {
  return a === b ? `${counted(a, 'seed')} each` : `${counted(a, 'seed')} against ${b}`
}
