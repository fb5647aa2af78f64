import { type InputErrorDetails, sizeOf } from '@mnist-lab/core'
import { checkWeights, type ModelSpec, type Weights } from '@mnist-lab/models'
import { softmaxRows } from './cross-entropy.js'
import { BackendError, type Batch, type TrainerState, type TrainingPlan } from './interface.js'
import { optimizerState, STATE_TENSORS } from './optimizer.js'

/**
 * Checks a model and its weights, as every engine does before it compiles them.
 *
 * @throws ModelError when the spec or the weights are wrong
 * @throws BackendError when there is nothing to train
 */
export function checkTrainable(spec: ModelSpec, weights: Weights): void {
  checkWeights(spec, weights)
  if (weights.length === 0) {
    throw new BackendError({
      where: `model ${spec.name}`,
      what: 'it has nothing to train',
      hint: 'add a dense or conv2d layer',
    })
  }
}

/**
 * Returns the error of `Session.compile` after `Session.close`.
 *
 * @param backend the session's name
 */
export function closedError(backend: string): BackendError {
  return new BackendError({
    where: `backend ${backend}`,
    what: 'compile after close',
    hint: 'open another session',
  })
}

/**
 * Checks the arguments of a trainer's methods before they reach the memory of an engine. A label
 * that the model has no output for, or an image of another size, would otherwise give wrong numbers
 * without a word. The checks of a step compare a few numbers and each label.
 */
export class CallChecks {
  readonly #spec: ModelSpec
  readonly #plan: TrainingPlan
  readonly #pixels: number
  readonly #classes: number
  #disposed = false

  /** @param classes the number of the model's outputs */
  constructor(spec: ModelSpec, plan: TrainingPlan, classes: number) {
    this.#spec = spec
    this.#plan = plan
    this.#pixels = sizeOf(spec.inputShape)
    this.#classes = classes
  }

  /** Checks that the trainer is not disposed. */
  live(method: string): void {
    if (this.#disposed)
      throw this.#error(method, {
        what: 'the trainer is disposed',
        hint: 'compile the model again',
      })
  }

  /** Checks the arguments of `Trainer.step`. */
  step(batch: Batch, learningRate: number): void {
    this.batch('step', batch)
    if (!(learningRate >= 0 && learningRate < Infinity))
      throw this.#error('step', {
        what: 'wrong learning rate',
        expected: 'a finite number that is not negative',
        got: String(learningRate),
        hint: 'correct the learning rate or its schedule',
      })
  }

  /** Checks a batch against the model and the plan. */
  batch(method: string, { size, labels, pixels = this.#pixels }: Batch): void {
    this.live(method)
    const { batchSize } = this.#plan
    if (!(Number.isInteger(size) && size >= 1 && size <= batchSize))
      throw this.#error(method, {
        what: `the batch has ${size} samples, but the training plan allows at most ${batchSize}`,
        expected: `1 to ${batchSize}`,
        hint: 'use smaller batches, or compile the model for larger ones',
      })
    if (labels.length !== size)
      throw this.#error(method, {
        what: 'the batch has not one label for each sample',
        expected: `${size} labels`,
        got: String(labels.length),
        hint: 'use the labels of the same samples',
      })
    if (pixels !== this.#pixels)
      throw this.#error(method, {
        what: 'the images have another size than those of the model',
        expected: `${this.#pixels} bytes for an image of ${this.#spec.inputShape.join(' × ')}`,
        got: String(pixels),
        hint: 'use other images, or a model for images of this size',
      })
    for (let i = 0; i < size; i++) {
      const label = labels[i]!
      if (!(Number.isInteger(label) && label >= 0 && label < this.#classes))
        throw this.#error(method, {
          what: `wrong label of sample ${i}`,
          expected: `a whole number from 0 to ${this.#classes - 1}`,
          got: String(label),
          hint: 'use a model with an output for every class',
        })
    }
  }

  /** Checks the images of `Trainer.predict`, and returns how many there are. */
  images(images: Uint8Array): number {
    this.live('predict')
    const count = images.length / this.#pixels
    if (!Number.isInteger(count))
      throw this.#error('predict', {
        expected: `a multiple of ${this.#pixels} bytes, for images of ${this.#spec.inputShape.join(' × ')}`,
        got: String(images.length),
        hint: 'pass whole images',
      })
    return count
  }

  /**
   * Checks a state before it is loaded.
   *
   * @throws ModelError when the tensors are not those of the model
   */
  state(state: TrainerState): void {
    this.live('load')
    checkWeights(this.#spec, state.weights)
    for (const name of STATE_TENSORS) checkWeights(this.#spec, state[name])
    if (!(Number.isSafeInteger(state.step) && state.step >= 0))
      throw this.#error('load', {
        what: 'wrong step counter',
        expected: 'a whole number from 0',
        got: String(state.step),
        hint: 'use a state that a trainer has saved',
      })
  }

  /** Marks the trainer as disposed, and returns whether it was not before. */
  dispose(): boolean {
    const wasLive = !this.#disposed
    this.#disposed = true
    return wasLive
  }

  #error(method: string, details: Omit<InputErrorDetails, 'where'>): BackendError {
    return new BackendError({ where: `trainer of ${this.#spec.name}, ${method}`, ...details })
  }
}

/**
 * Returns the state before the first step: the weights, not copied, and zeros for all that the
 * optimizer keeps.
 */
export function startState(weights: Weights): TrainerState {
  const zeros = (): Weights =>
    weights.map((tensor) => ({ ...tensor, data: new Float32Array(tensor.data.length) }))
  return { weights, ...optimizerState(zeros), step: 0 }
}

/** What {@link predictInBatches} needs of an engine. */
export interface Predictor {
  readonly spec: ModelSpec
  readonly classes: number
  /** The most images at a time. */
  readonly batchSize: number
  readonly checks: CallChecks
  /**
   * Computes the logits of `size` images from their pixel bytes.
   *
   * @returns [size, classes]; read before the next call
   */
  readonly logits: (size: number, bytes: Uint8Array) => Float32Array | Promise<Float32Array>
}

/** Implements `Trainer.predict` on an engine's logits, batch by batch. */
export async function predictInBatches(
  images: Uint8Array,
  { spec, classes, batchSize, checks, logits }: Predictor,
): Promise<Float32Array> {
  const count = checks.images(images)
  const pixels = sizeOf(spec.inputShape)
  const outputs = new Float32Array(count * classes)
  for (let from = 0; from < count; from += batchSize) {
    const part = images.subarray(from * pixels, Math.min(count, from + batchSize) * pixels)
    outputs.set(await logits(part.length / pixels, part), from * classes)
  }
  return spec.layers.at(-1)?.type === 'softmax' ? softmaxRows(outputs, classes) : outputs
}
