import { z } from 'zod'
import type { PassFigures } from './run-result.js'

/**
 * The running sums of one pass over a data set: plain numbers, added in the order of the batches, so that a pass that
 * is saved as JSON half-way and continued gives the same figures to the bit.
 */
export const passSumsSchema = z.object({
  /** Sum of the samples' losses: each batch's mean loss times its size. */
  sampleLoss: z.number(),
  /** Sum of the batches' mean losses. */
  batchLoss: z.number(),
  correct: z.number().int().nonnegative(),
  samples: z.number().int().nonnegative(),
})

export type PassSums = z.infer<typeof passSumsSchema>

/** What a batch adds to a pass; a backend's step result fits. */
export interface BatchFigures {
  /** Mean over the batch. */
  readonly loss: number
  readonly correct: number
}

/** The sums before the first batch. */
export function emptyPass(): PassSums {
  return { sampleLoss: 0, batchLoss: 0, correct: 0, samples: 0 }
}

/** The sums after one more batch of `size` samples; `sums` itself is left as it was. */
export function addBatch(sums: PassSums, { loss, correct }: BatchFigures, size: number): PassSums {
  return {
    sampleLoss: sums.sampleLoss + loss * size,
    batchLoss: sums.batchLoss + loss,
    correct: sums.correct + correct,
    samples: sums.samples + size,
  }
}

/** @throws RangeError when the pass has no samples: it has no mean then */
export function passFigures({ sampleLoss, batchLoss, correct, samples }: PassSums): PassFigures {
  if (samples === 0) throw new RangeError('pass: expected at least one sample, got none')
  return {
    loss: sampleLoss / samples,
    batchLossPerSample: batchLoss / samples,
    accuracy: correct / samples,
    samples,
  }
}
