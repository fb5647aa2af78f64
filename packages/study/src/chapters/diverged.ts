import type { StudyResults, StudyVariant } from '../study-result.js'
import type { Loss } from './groups.js'
import { four, timesOf, TITLES } from './wording.js'

type Diverged = StudyResults['diverged'][number]

/** Of the last epoch before a run diverged; undefined when it did in its first. */
export function accuracyBefore({ run }: Diverged): number | undefined {
  return run.epochs.at(-1)?.validation?.accuracy
}

/** `Custom MLP, softmax once, seed 1, in epoch 5 (validation accuracy before: 0.2150)` */
export function divergedText(one: Diverged): string {
  const { planned, run } = one
  const before = accuracyBefore(one)
  const where = `${TITLES[planned.variant]}, softmax ${timesOf(planned.loss)}, seed ${planned.seed}, in epoch ${run.epochs.length + 1}`
  return before === undefined ? where : `${where} (validation accuracy before: ${four(before)})`
}

/** The first seed's run of a variant, when it diverged. */
export function divergedRun(
  { diverged }: StudyResults,
  variant: StudyVariant,
  loss: Loss,
): Diverged | undefined {
  return diverged.find(({ planned }) => planned.variant === variant && planned.loss === loss)
}
