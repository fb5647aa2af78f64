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
  const pair = a.flatMap((one) => b.filter(({ planned }) => planned.seed === one.planned.seed).map((other) => [one, other] as const))[0]
  if (seeds.smallestP <= LEVEL || pair === undefined) {
    const { p, difference } = seeds
    return {
      p, difference, significant: p <= LEVEL,
      text: `exact permutation test over ${seedsText(ofA.length, ofB.length)}: ${pText(p)}`,
    }
  }
  const [one, other] = pair
  const { p, onlyA, onlyB } = mcNemarTest(one.evaluation.wrong, other.evaluation.wrong)
  return {
    p, difference: mean(ofA) - mean(ofB), significant: p <= LEVEL,
    text: `McNemar’s exact test on the same ${counted(one.evaluation.dataset.samples, 'image')}, seed ${one.planned.seed}: `
      + `${whole(onlyA)} wrong in the first alone, ${whole(onlyB)} in the second alone, ${pText(p)}`,
  }
}

/** Why seeds do or do not speak. */
export function testNote(a: Group, b: Group): string {
  const { smallestP } = permutationTest(finals(a, 'validation', 'accuracy'), finals(b, 'validation', 'accuracy'))
  return smallestP <= LEVEL
    ? `Over ${seedsText(a.length, b.length)} an exact permutation test of the means can come down to ${pText(smallestP)}; it is what decides here.`
    : `Over ${seedsText(a.length, b.length)} no exact test of the means can come below p = ${smallestP.toFixed(3)}, so seeds cannot decide; `
      + 'McNemar’s test compares the two models image by image instead. It speaks of these weights, not of other seeds.'
}

/** `higher by 0.0034, which is more than chance (…)` */
export function verdictText({ difference, significant, text }: Verdict): string {
  return `${signed(difference)}, ${significant ? 'more than chance explains' : 'no more than chance may explain'} (${text})`
}

function seedsText(a: number, b: number): string {
  return a === b ? `${counted(a, 'seed')} each` : `${counted(a, 'seed')} against ${b}`
}
