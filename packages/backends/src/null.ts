import {
  checkWeights,
  type ModelSpec,
  normalizationTable,
  type Weights,
  weightShapes,
} from '@mnist-lab/models'
import type { Backend, Batch, StepResult, Trainer, TrainerState, TrainingPlan } from './seam.js'
import { startState } from './trainer-parts.js'

export interface NullOptions {
  /**
   * Awaited in every step: an artificial delay, for testing what measures steps.
   * @default none
   */
  readonly delay?: () => Promise<void>
}

/**
 * Computes nothing of use, at once: for testing what stands above the seam, and for measuring its cost. Its state obeys
 * the seam all the same: every step changes weights and velocity as a function of the batch, and a loaded copy goes on
 * to the bit.
 */
export function nullBackend({ delay }: NullOptions = {}): Backend {
  return {
    name: 'null',
    async probe() {
      return { ok: true, detail: 'computes nothing' }
    },
    async open() {
      const trainers = new Set<Trainer>()
      return {
        info: {
          backend: 'null',
          versions: {},
          device: 'none',
          simd: 'none',
          threads: 1,
          notes: ['figures mean nothing'],
        },
        async compile(spec, plan, weights) {
          checkWeights(spec, weights)
          const trainer: Trainer = new NullTrainer(spec, plan, weights, delay, () =>
            trainers.delete(trainer),
          )
          trainers.add(trainer)
          return trainer
        },
        memory: () => ({ tensorBytes: 0, tensors: 0 }),
        async close() {
          for (const trainer of trainers) trainer.dispose()
        },
      }
    },
  }
}

class NullTrainer implements Trainer {
  readonly #plan: TrainingPlan
  readonly #delay: (() => Promise<void>) | undefined
  readonly #onDispose: () => void
  readonly #pixels: number
  readonly #classes: number
  readonly #table: Float32Array
  readonly #images: Float32Array
  #state: TrainerState

  constructor(
    spec: ModelSpec,
    plan: TrainingPlan,
    weights: Weights,
    delay: NullOptions['delay'],
    onDispose: () => void,
  ) {
    this.#plan = plan
    this.#delay = delay
    this.#onDispose = onDispose
    this.#pixels = spec.inputShape.reduce((product, side) => product * side, 1)
    this.#classes = weightShapes(spec).at(-1)!.shape.at(-1)!
    this.#table = normalizationTable(spec.normalization)
    this.#images = new Float32Array(plan.batchSize * this.#pixels)
    this.#state = startState(copy(weights))
  }

  async step(batch: Batch, learningRate = this.#plan.optimizer.learningRate): Promise<StepResult> {
    await this.#delay?.()
    const result = this.#look(batch)
    const { weights, velocity, step } = this.#state
    for (const [i, { data }] of velocity.entries()) {
      const at = step % data.length
      data[at] = this.#plan.optimizer.momentum * data[at]! + result.loss + ((step * 31) % 7)
      weights[i]!.data[at]! -= learningRate * data[at]!
    }
    this.#state = { weights, velocity, step: step + 1 }
    return result
  }

  async evaluate(batch: Batch): Promise<StepResult> {
    return this.#look(batch)
  }

  async predict(images: Uint8Array): Promise<Float32Array> {
    return new Float32Array((images.length / this.#pixels) * this.#classes).fill(1 / this.#classes)
  }

  async save(): Promise<TrainerState> {
    const { weights, velocity, step } = this.#state
    return { weights: copy(weights), velocity: copy(velocity), step }
  }

  async load({ weights, velocity, step }: TrainerState): Promise<void> {
    this.#state = { weights: copy(weights), velocity: copy(velocity), step }
  }

  dispose(): void {
    this.#onDispose()
  }

  /** A loss that depends on labels and on the images as written, and falls with the steps done. */
  #look(batch: Batch): StepResult {
    batch.writeImages(this.#images, this.#table)
    let mix = this.#images[this.#pixels >> 1]!
    for (let i = 0; i < batch.size; i++) mix += batch.labels[i]! / (i + 1)
    return {
      loss: (1 + Math.sin(mix) ** 2) / Math.log(this.#state.step + Math.E),
      correct: batch.labels[0]! % (batch.size + 1),
    }
  }
}

function copy(weights: Weights): Weights {
  return weights.map((tensor) => ({ ...tensor, data: tensor.data.slice() }))
}
