import type { EpochFigures } from './run-result.js'
import { z } from 'zod'

export const earlyStoppingSchema = z.strictObject({
  /** The validation figure that has to get better: the loss lower, or the accuracy higher. */
  monitor: z.enum(['loss', 'accuracy']),
  /** Stop after so many epochs in a row without a better figure. */
  patience: z.number().int().positive(),
  /** By how much a figure must differ from the best one to be better. */
  minDelta: z.number().nonnegative().default(0),
})

/** When to stop before the last epoch. `minDelta` is 0 unless given. */
export type EarlyStopping = z.input<typeof earlyStoppingSchema>
export type CheckedEarlyStopping = z.output<typeof earlyStoppingSchema>

/** Epochs since the best one. A function of the history alone, so a checkpoint needs to keep no more than that. */
export function epochsWithoutGain(
  { monitor, minDelta = 0 }: EarlyStopping,
  history: readonly EpochFigures[],
): number {
  let best = Number.NEGATIVE_INFINITY
  let without = 0
  for (const { validation } of history) {
    if (validation === undefined) continue
    const score = monitor === 'loss' ? -validation.loss : validation.accuracy
    const better = score > best + minDelta
    without = better ? 0 : without + 1
    if (better) best = score
  }
  return without
}
