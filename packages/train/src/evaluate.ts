import type { Trainer } from '@mnist-lab/backends'
import { argmax, type ClassIndices, classIndices } from '@mnist-lab/core'
import { batches, fileOrder, imagesBetween, labelsOf, type Samples } from '@mnist-lab/data'
import { addBatch, checkFinite, emptyPass, passFigures, type PassSums, pauses } from './pass.js'
import type { PassFigures } from './run-schema.js'

/** The options of {@link evaluate} and {@link predictDataset}. */
export interface EvaluateOptions {
  /** At most the batch size of the plan that the trainer was compiled for. */
  readonly batchSize: number
  /** Ends the pass between two batches by throwing the signal's reason. */
  readonly signal?: AbortSignal
  /** Is called after each batch with the number of samples so far and the number of all samples. */
  readonly onBatch?: (done: number, count: number) => void
  /**
   * Returns the time in milliseconds, which decides when other tasks get their turn.
   * @default performance.now
   */
  readonly now?: () => number
}

/**
 * Computes loss and accuracy over all samples, in their order, without dropout and without changing
 * the weights.
 *
 * @throws DivergedError when a loss is not finite
 * @throws the signal's reason when aborted
 */
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
 * Computes the sums that {@link evaluate} divides, or returns undefined when aborted.
 *
 * @throws DivergedError when a loss is not finite
 */
export async function evaluatePass(
  trainer: Trainer,
  samples: Samples,
  { batchSize, signal, onBatch, now = () => performance.now() }: EvaluateOptions,
): Promise<PassSums | undefined> {
  const pause = pauses(now)
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

/**
 * The labels and the predicted classes of samples, in the samples' order, as `confusionMatrix`
 * expects them.
 */
export interface Predictions {
  /** The number of the model's outputs, which can be more than the classes of the samples. */
  readonly outputs: number
  /** [samples], class indices */
  readonly labels: ClassIndices
  /** [samples], indices of outputs */
  readonly predictions: ClassIndices
  /**
   * [samples], the last layer's output for the predicted class. It is the class's probability when
   * the model ends in softmax.
   */
  readonly confidences: Float32Array
}

/**
 * Predicts the most probable class of every sample.
 *
 * @throws the signal's reason when aborted
 */
export async function predictDataset(
  trainer: Trainer,
  samples: Samples,
  { batchSize, signal, onBatch, now = () => performance.now() }: EvaluateOptions,
): Promise<Predictions> {
  const pause = pauses(now)
  let outputs = 0
  let predictions = classIndices(samples.count, outputs)
  const confidences = new Float32Array(samples.count)
  for (let from = 0; from < samples.count; from += batchSize) {
    await pause()
    signal?.throwIfAborted()
    const to = Math.min(from + batchSize, samples.count)
    const values = await trainer.predict(imagesBetween(samples, from, to))
    if (from === 0) {
      outputs = values.length / (to - from)
      predictions = classIndices(samples.count, outputs)
    }
    for (let i = from; i < to; i++) {
      const own = values.subarray((i - from) * outputs, (i - from + 1) * outputs)
      predictions[i] = argmax(own)
      confidences[i] = own[predictions[i]!]!
    }
    onBatch?.(to, samples.count)
  }
  return { outputs, labels: labelsOf(samples), predictions, confidences }
}

/**
 * Returns a name for each output of a model. Outputs beyond the samples' classes are called by
 * their numbers.
 */
export function outputNames({ classNames }: Samples, outputs: number): string[] {
  return Array.from({ length: outputs }, (_, at) => classNames[at] ?? String(at))
}
