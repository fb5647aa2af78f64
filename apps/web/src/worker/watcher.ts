import type { Trainer } from '@mnist-lab/backends'
import { type Dataset, imagesBetween } from '@mnist-lab/data'
import { layerOutputs, type ModelSpec } from '@mnist-lab/models'
import type { FromWorker } from '../messages.ts'
import { Share } from './share.ts'

/** Test images that the confusion matrix is of while a run trains. */
const WATCHED = 1000

export type Tell = (message: FromWorker, transfer?: Transferable[]) => void

/** Looks into a model between two steps: its first layer, what it makes of test images, and of a drawing. It changes nothing. */
export class Watcher {
  readonly #trainer: Trainer
  readonly #spec: ModelSpec
  readonly #test: Dataset
  readonly #batchSize: number
  readonly #tell: Tell
  readonly #filters = new Share(400)
  readonly #confusion = new Share(40)
  readonly #reading = new Share(150)
  /** The newest of each watched image; 255 before the first. */
  readonly #predictions: Uint8Array
  #cursor = 0
  #told = 0
  #digit: Uint8Array | undefined
  #digitChanged = false

  constructor(trainer: Trainer, spec: ModelSpec, test: Dataset, batchSize: number, tell: Tell) {
    this.#trainer = trainer
    this.#spec = spec
    this.#test = test
    this.#batchSize = batchSize
    this.#tell = tell
    this.#predictions = new Uint8Array(Math.min(WATCHED, test.count)).fill(255)
  }

  setDigit(digit: Uint8Array | undefined): void {
    this.#digit = digit
    this.#digitChanged = true
  }

  /** Between two steps. @param at in epochs */
  async glance(at: number): Promise<void> {
    if (this.#digitChanged || (this.#digit !== undefined && this.#reading.due))
      await this.#reading.spend(() => this.read())
    if (this.#confusion.due) await this.#confusion.spend(() => this.#predictSome(at))
    if (this.#filters.due) await this.#filters.spend(() => this.showFilters())
  }

  /** What the model makes of the drawing now. */
  async read(): Promise<void> {
    this.#digitChanged = false
    const image = this.#digit
    if (image === undefined) return
    const begin = performance.now()
    const probabilities = await this.#trainer.predict(image)
    const ms = performance.now() - begin
    const { weights } = await this.#trainer.save()
    this.#tell({
      type: 'reading',
      reading: { image, probabilities, layers: layerOutputs(this.#spec, weights, image), ms },
    })
  }

  async showFilters(): Promise<void> {
    const { weights } = await this.#trainer.save()
    const first = weights.find(({ shape }) => shape.length > 1)
    if (first !== undefined) this.#tell({ type: 'filters', shape: first.shape, data: first.data })
  }

  /** The whole test set, as after an epoch. */
  async predictAll(at: number): Promise<void> {
    const { count } = this.#test
    const predictions = new Uint8Array(count)
    for (let from = 0; from < count; from += this.#batchSize)
      await this.#predict(from, Math.min(count, from + this.#batchSize), predictions)
    this.#predictions.set(predictions.subarray(0, this.#predictions.length))
    this.#tellConfusion(predictions, at)
  }

  async #predictSome(at: number): Promise<void> {
    const from = this.#cursor
    const to = Math.min(this.#predictions.length, from + this.#batchSize)
    await this.#predict(from, to, this.#predictions)
    this.#cursor = to === this.#predictions.length ? 0 : to
    if (performance.now() - this.#told < 250 && this.#cursor !== 0) return
    this.#tellConfusion(this.#predictions, at)
  }

  async #predict(from: number, to: number, predictions: Uint8Array): Promise<void> {
    const outputs = await this.#trainer.predict(imagesBetween(this.#test, from, to))
    const classes = outputs.length / (to - from)
    for (let i = from; i < to; i++) {
      const row = outputs.subarray((i - from) * classes, (i - from + 1) * classes)
      predictions[i] = row.indexOf(Math.max(...row))
    }
  }

  #tellConfusion(predictions: Uint8Array, at: number): void {
    this.#told = performance.now()
    const classes = this.#test.classNames.length
    const counts = new Uint32Array(classes * classes)
    let samples = 0
    for (const [i, prediction] of predictions.entries()) {
      if (prediction >= classes) continue
      counts[this.#test.labels[i]! * classes + prediction]!++
      samples++
    }
    this.#tell({ type: 'confusion', counts, samples, total: predictions.length, at })
  }
}
