import * as z from 'zod/mini'
import type { PassFigures } from './run-schema.js'
import { DivergedError } from './train-error.js'

/**
 * The running sums of one pass over a set of samples.
 *
 * They are plain numbers that are added in the order of the batches, so a pass that is saved as
 * JSON half-way and then continued gives exactly the same figures.
 */
export const passSumsSchema = z.object({
  /** The sum of the samples' losses: each batch's mean loss times its size. */
  sampleLoss: z.number(),
  /** The sum of the batches' mean losses. */
  batchLoss: z.number(),
  correct: z.int().check(z.nonnegative()),
  samples: z.int().check(z.nonnegative()),
})

/** The running sums of one pass, see {@link passSumsSchema}. */
export type PassSums = z.infer<typeof passSumsSchema>

/** What one batch adds to a pass. The step result of a backend has these fields. */
export interface BatchFigures {
  /** The mean over the batch. */
  readonly loss: number
  readonly correct: number
}

/** Returns the sums before the first batch. */
export function emptyPass(): PassSums {
  return { sampleLoss: 0, batchLoss: 0, correct: 0, samples: 0 }
}

/** Returns the sums after one more batch of `size` samples. `sums` itself stays as it is. */
export function addBatch(sums: PassSums, { loss, correct }: BatchFigures, size: number): PassSums {
  return {
    sampleLoss: sums.sampleLoss + loss * size,
    batchLoss: sums.batchLoss + loss,
    correct: sums.correct + correct,
    samples: sums.samples + size,
  }
}

/**
 * Divides the sums of a pass by its number of samples.
 *
 * @throws RangeError when the pass has no samples
 */
export function passFigures({ sampleLoss, batchLoss, correct, samples }: PassSums): PassFigures {
  if (samples === 0) throw new RangeError('pass: expected at least one sample, got none')
  return {
    loss: sampleLoss / samples,
    batchLossPerSample: batchLoss / samples,
    accuracy: correct / samples,
    samples,
  }
}

/**
 * Returns the mean of the samples' losses, from the mean losses of the batches. A short last batch
 * counts by its size.
 *
 * @param batchLosses the mean loss of each batch
 * @param batchSizes the size of each batch
 * @throws RangeError when the lengths differ or there is no sample
 */
export function meanLoss(batchLosses: ArrayLike<number>, batchSizes: ArrayLike<number>): number {
  return passFigures(sumOf(batchLosses, batchSizes)).loss
}

/**
 * Returns the sum of the batches' mean losses divided by the number of samples, which is how the
 * study that is reproduced here reports its losses. With full batches this is the mean loss divided
 * by the batch size; a short last batch counts as much as a full one.
 *
 * @param batchLosses the mean loss of each batch
 * @param batchSizes the size of each batch
 * @throws RangeError when the lengths differ or there is no sample
 */
export function batchLossPerSample(
  batchLosses: ArrayLike<number>,
  batchSizes: ArrayLike<number>,
): number {
  return passFigures(sumOf(batchLosses, batchSizes)).batchLossPerSample
}

function sumOf(batchLosses: ArrayLike<number>, batchSizes: ArrayLike<number>): PassSums {
  if (batchLosses.length !== batchSizes.length) {
    throw new RangeError(
      `batch sizes: expected ${batchLosses.length}, one for each loss, got ${batchSizes.length}`,
    )
  }
  let sums = emptyPass()
  for (let i = 0; i < batchLosses.length; i++) {
    sums = addBatch(sums, { loss: batchLosses[i]!, correct: 0 }, batchSizes[i]!)
  }
  return sums
}

/**
 * Checks that a loss is finite. JSON could not keep another one, and no later step would make it
 * finite again.
 *
 * @throws DivergedError when the loss is infinite or not a number
 */
export function checkFinite(loss: number, where: string): void {
  if (Number.isFinite(loss)) return
  throw new DivergedError({
    where,
    what: 'training diverged',
    expected: 'a finite loss',
    got: `${loss}`,
    hint: 'lower the learning rate',
  })
}

/** The longest time, in milliseconds, that a pass keeps timers, signals and painting waiting. */
const MAX_BLOCKED = 50

/**
 * Returns a function to await between two batches, so that timers, signals and painting get their
 * turn.
 *
 * Promises that resolve at once never let the event loop turn. This function lets it turn every 50
 * ms, and returns undefined in between.
 *
 * @param now returns milliseconds
 */
export function pauses(now: () => number): () => Promise<void> | undefined {
  let last = now()
  const pause = async (): Promise<void> => {
    await macrotask()
    last = now()
  }
  return () => (now() - last < MAX_BLOCKED ? undefined : pause())
}

function macrotask(): Promise<void> {
  // Browsers have no setImmediate, and they delay a repeated setTimeout by 4 ms.
  if (typeof setImmediate === 'function')
    return new Promise((resolve) => void setImmediate(resolve))
  if (typeof MessageChannel !== 'function')
    return new Promise((resolve) => void setTimeout(resolve, 0))
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.addEventListener('message', () => {
      port1.close()
      resolve()
    })
    port1.start()
    port2.postMessage(undefined)
  })
}
