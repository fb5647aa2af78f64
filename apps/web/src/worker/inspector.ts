import type { Trainer } from '@mnist-lab/backends'
import { argmax, MAX_CLASSES } from '@mnist-lab/core'
import { type Dataset, imagesBetween } from '@mnist-lab/data'
import { inferShapes, layerOutputs, type ModelSpec } from '@mnist-lab/models'
import { MAX_SHOWN_CLASSES, type Post } from '../messages.ts'

/** The largest part of the time that one kind of inspection may take from training. */
const LARGEST_FRACTION = 0.12
/** The number of test images in the confusion matrix while a model trains. */
const SAMPLED_TEST_IMAGES = 1000
/**
 * The shortest time between two confusion matrices that the page gets while a model trains, in ms.
 */
const CONFUSION_INTERVAL_MS = 250
/** The prediction of a test image that was not predicted yet. It is the index of no class. */
const NOT_PREDICTED = MAX_CLASSES

/**
 * Limits how often one kind of inspection runs: no more often than a person can notice, and so
 * rarely that it takes at most {@link LARGEST_FRACTION} of the time, even on a slow backend.
 */
class TimeBudget {
  readonly #intervalMs: number
  #dueAt = 0

  /** @param intervalMs the shortest time from the end of one inspection to the next */
  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs
  }

  get due(): boolean {
    return performance.now() >= this.#dueAt
  }

  async run(work: () => Promise<void>): Promise<void> {
    const begin = performance.now()
    await work()
    const end = performance.now()
    const paidBackMs = (end - begin) * (1 / LARGEST_FRACTION - 1)
    this.#dueAt = end + Math.max(this.#intervalMs, paidBackMs)
  }
}

/** Options of an {@link Inspector}. */
export interface InspectorOptions {
  readonly trainer: Trainer
  readonly spec: ModelSpec
  readonly test: Dataset
  readonly batchSize: number
  readonly post: Post
}

/**
 * Shows the page what a model looks like inside: the first layer's weights, its predictions of test
 * images, and its prediction of the user's drawing. It changes nothing in the model. Its calls of
 * the trainer must not overlap with a training step.
 */
export class Inspector {
  readonly #options: InspectorOptions
  readonly #filtersBudget = new TimeBudget(400)
  readonly #confusionBudget = new TimeBudget(40)
  readonly #predictionBudget = new TimeBudget(150)
  /** The newest prediction of each of the first test images. */
  readonly #predictions: Uint16Array
  readonly #outputs: number
  /** The first test image that {@link sample} predicts next. */
  #next = 0
  #confusionPostedAt = 0
  #input: Uint8Array | undefined
  #inputChanged = false

  constructor(options: InspectorOptions) {
    this.#options = options
    const count = Math.min(SAMPLED_TEST_IMAGES, options.test.count)
    this.#predictions = new Uint16Array(count).fill(NOT_PREDICTED)
    this.#outputs = inferShapes(options.spec).at(-1)!.outputShape[0]!
  }

  setInput(image: Uint8Array | undefined): void {
    this.#input = image
    this.#inputChanged = true
  }

  /** Runs the inspections that are due. Call it between two training steps. */
  async sample(): Promise<void> {
    if (this.#inputChanged || (this.#input !== undefined && this.#predictionBudget.due))
      await this.#predictionBudget.run(() => this.predictInput())
    if (this.#confusionBudget.due) await this.#confusionBudget.run(() => this.#predictNextBatch())
    if (this.#filtersBudget.due) await this.#filtersBudget.run(() => this.postFilters())
  }

  /** Posts the prediction of the user's image, with the output of every layer. */
  async predictInput(): Promise<void> {
    this.#inputChanged = false
    const image = this.#input
    if (image === undefined) return
    const { trainer, spec, post } = this.#options
    const probabilities = await trainer.predict(image)
    const { weights } = await trainer.save()
    post({
      type: 'prediction',
      prediction: { image, probabilities, layers: layerOutputs(spec, weights, image) },
    })
  }

  /** Posts the weights of the first layer that has some. */
  async postFilters(): Promise<void> {
    const { trainer, post } = this.#options
    const { weights } = await trainer.save()
    const first = weights.find(({ shape }) => shape.length > 1)
    if (first !== undefined) post({ type: 'filters', shape: first.shape, data: first.data })
  }

  /** Predicts the whole test set and posts its confusion matrix. */
  async predictAll(): Promise<void> {
    const { test, batchSize } = this.#options
    const predictions = new Uint16Array(test.count)
    for (let from = 0; from < test.count; from += batchSize)
      await this.#predict(from, Math.min(test.count, from + batchSize), predictions)
    this.#predictions.set(predictions.subarray(0, this.#predictions.length))
    this.#postConfusion(predictions)
  }

  async #predictNextBatch(): Promise<void> {
    const from = this.#next
    const to = Math.min(this.#predictions.length, from + this.#options.batchSize)
    await this.#predict(from, to, this.#predictions)
    this.#next = to === this.#predictions.length ? 0 : to
    const recent = performance.now() - this.#confusionPostedAt < CONFUSION_INTERVAL_MS
    if (!recent || this.#next === 0) this.#postConfusion(this.#predictions)
  }

  async #predict(from: number, to: number, predictions: Uint16Array): Promise<void> {
    const { trainer, test } = this.#options
    const values = await trainer.predict(imagesBetween(test, from, to))
    for (let i = from; i < to; i++) {
      const at = (i - from) * this.#outputs
      predictions[i] = argmax(values.subarray(at, at + this.#outputs))
    }
  }

  #postConfusion(predictions: Uint16Array): void {
    this.#confusionPostedAt = performance.now()
    const { test, post } = this.#options
    const outputs = this.#outputs
    const counts = outputs <= MAX_SHOWN_CLASSES ? new Uint32Array(outputs * outputs) : undefined
    let [images, correct] = [0, 0]
    for (const [i, prediction] of predictions.entries()) {
      if (prediction === NOT_PREDICTED) continue
      const label = test.labels[i]!
      images++
      if (prediction === label) correct++
      if (counts !== undefined) counts[label * outputs + prediction]!++
    }
    post({
      type: 'confusion',
      outputs,
      images,
      correct,
      ...(counts === undefined ? {} : { counts }),
    })
  }
}
