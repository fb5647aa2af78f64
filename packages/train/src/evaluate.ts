import type { Trainer } from '@mnist-lab/backends'
import { argmax } from '@mnist-lab/core'
import { batches, fileOrder, imagesBetween, labelsOf, type Samples } from '@mnist-lab/data'
import { addBatch, emptyPass, passFigures, type PassSums } from './pass.js'
import { type PassFigures } from './run-result.js'
import { pauses } from './pause.js'
import { DivergedError } from './train-error.js'

export interface EvaluateOptions {
  /** At most the plan's batch size. */
  readonly batchSize: number
  /** Ends the pass between two batches by throwing the signal's reason. */
  readonly signal?: AbortSignal
  /** After each batch, with the number of samples so far and in all. */
  readonly onBatch?: (done: number, count: number) => void
}

/** Loss and accuracy over all samples in their order, without dropout and without an update. */
export async function evaluate(
  trainer: Trainer,
  samples: Samples,
  options: EvaluateOptions,
): Promise<PassFigures> {
  const sums = await evaluatePass(trainer, samples, options)
  if (sums === undefined) throw options.signal!.reason
  return passFigures(sums)
}

/**
 * The sums that {@link evaluate} divides; undefined when aborted.
 *
 * @throws DivergedError when a loss is not finite
 */
export async function evaluatePass(
  trainer: Trainer,
  samples: Samples,
  { batchSize, signal, onBatch }: EvaluateOptions,
): Promise<PassSums | undefined> {
  const pause = pauses(() => performance.now())
  let sums = emptyPass()
  for (const batch of batches(samples, fileOrder(samples.count), batchSize)) {
    await pause()
    if (signal?.aborted === true) return undefined
    const result = await trainer.evaluate(batch)
    checkFinite(
      result.loss,
      `${samples.name} samples ${sums.samples} to ${sums.samples + batch.size - 1}`,
    )
    sums = addBatch(sums, result, batch.size)
    onBatch?.(sums.samples, samples.count)
  }
  return sums
}

/** Labels beside what the model takes the samples for, as a confusion matrix wants them, in the samples' order. */
export interface Predictions {
  /** Class indices. */
  readonly labels: Uint8Array
  /** Class indices. */
  readonly predictions: Uint8Array
  /** The last layer's output for the predicted class: its probability, when the model ends in softmax. */
  readonly confidences: Float32Array
}

/** The most probable class of every sample. */
export async function predictDataset(
  trainer: Trainer,
  samples: Samples,
  { batchSize, signal, onBatch }: EvaluateOptions,
): Promise<Predictions> {
  const pause = pauses(() => performance.now())
  const predictions = new Uint8Array(samples.count)
  const confidences = new Float32Array(samples.count)
  for (let from = 0; from < samples.count; from += batchSize) {
    await pause()
    signal?.throwIfAborted()
    const to = Math.min(from + batchSize, samples.count)
    const outputs = await trainer.predict(imagesBetween(samples, from, to))
    const classes = outputs.length / (to - from)
    for (let i = from; i < to; i++) {
      const own = outputs.subarray((i - from) * classes, (i - from + 1) * classes)
      predictions[i] = argmax(own)
      confidences[i] = own[predictions[i]!]!
    }
    onBatch?.(to, samples.count)
  }
  return { labels: labelsOf(samples), predictions, confidences }
}

/** @throws DivergedError when a loss is infinite or not a number: JSON could not keep it, and no later step mends it */
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
