import { z } from 'zod'
import { cellNameSchema } from './bench-cell.js'
import { benchParitySchema } from './bench-parity.js'

const seconds = z.number().nonnegative()

/** One training from one seed. */
export const accuracyRunSchema = z.object({
  seed: z.number().int().nonnegative(),
  /** Test accuracy after each epoch. */
  accuracies: z.array(z.number()),
  /** The first epoch after which the target held; absent: not within the epochs allowed. */
  epochs: z.number().int().positive().optional(),
  /** Of training up to there, without evaluation. */
  seconds: seconds.optional(),
  /** Of all training, and of all evaluation, of this seed. */
  trainSeconds: seconds,
  evaluateSeconds: seconds,
})

export const accuracyCellSchema = z.discriminatedUnion('status', [
  cellNameSchema.extend({
    status: z.literal('ok'),
    threads: z.number().int().positive(),
    runs: z.array(accuracyRunSchema).min(1),
    parity: benchParitySchema,
  }),
  cellNameSchema.extend({ status: z.literal('failed'), reason: z.string() }),
])

export const benchAccuracySchema = z.object({
  target: z.number().positive().max(1),
  maxEpochs: z.number().int().positive(),
  cells: z.array(accuracyCellSchema),
})

export type AccuracyRun = z.infer<typeof accuracyRunSchema>
export type AccuracyCell = z.infer<typeof accuracyCellSchema>
export type BenchAccuracy = z.infer<typeof benchAccuracySchema>

export interface MeanAndSpread {
  readonly n: number
  readonly mean: number
  /** Standard deviation of the values (n − 1); 0 for a single one. */
  readonly deviation: number
  readonly min: number
  readonly max: number
}

/** @throws RangeError when there is no value */
export function meanAndSpread(values: readonly number[]): MeanAndSpread {
  const n = values.length
  if (n === 0) throw new RangeError('values: expected at least one, got none')
  const mean = values.reduce((sum, value) => sum + value, 0) / n
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return {
    n,
    mean,
    deviation: n === 1 ? 0 : Math.sqrt(squares / (n - 1)),
    min: Math.min(...values),
    max: Math.max(...values),
  }
}
