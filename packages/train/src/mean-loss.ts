import { addBatch, emptyPass, passFigures, type PassSums } from './pass.js'

/**
 * The mean of the samples' losses, from the batches' means: a short last batch weighs by its size.
 *
 * @param batchLosses each batch's mean loss
 * @param batchSizes as many
 * @throws RangeError when the lengths differ or there is no sample
 */
export function meanLoss(batchLosses: ArrayLike<number>, batchSizes: ArrayLike<number>): number {
  return passFigures(sum(batchLosses, batchSizes)).loss
}

/**
 * The sum of the batches' mean losses divided by the number of samples: how the study reproduced here reports its
 * losses. With full batches it is the mean loss / batch size; a short last batch weighs as much as a full one.
 *
 * @param batchLosses each batch's mean loss
 * @param batchSizes as many
 * @throws RangeError when the lengths differ or there is no sample
 */
export function batchLossPerSample(
  batchLosses: ArrayLike<number>,
  batchSizes: ArrayLike<number>,
): number {
  return passFigures(sum(batchLosses, batchSizes)).batchLossPerSample
}

function sum(batchLosses: ArrayLike<number>, batchSizes: ArrayLike<number>): PassSums {
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
