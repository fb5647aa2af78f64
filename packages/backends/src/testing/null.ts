import { sizeOf } from '@mnist-lab/core'
import { type ModelSpec, normalizationTable, type Weights, weightShapes } from '@mnist-lab/models'
import type {
  Backend,
  Batch,
  StepResult,
  Trainer,
  TrainerState,
  TrainingPlan,
} from '../interface.js'
import { optimizerState, STATE_TENSORS } from '../optimizer.js'
import { CallChecks, checkTrainable, closedError, startState } from '../trainer-parts.js'

/** Options of {@link nullBackend}. */
export interface NullOptions {
  /**
   * Delays every step until its promise resolves, for testing programs that measure steps.
   * @default none
   */
  readonly delay?: () => Promise<void>
}

/**
 * Creates a backend that computes nothing of use, at once. It is for testing programs that use
 * backends, and for measuring their own cost. Its state obeys the interface all the same: every
 * step changes the weights and the optimizer's tensors as a function of the batch, and a trainer
 * that loads a saved state continues with bit-for-bit identical results.
 */
export function nullBackend({ delay }: NullOptions = {}): Backend {
  return {
    name: 'null',
    async probe() {
      return { ok: true, detail: 'computes nothing' }
    },
    async open() {
      const trainers = new Set<Trainer>()
      let closed = false
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
          if (closed) throw closedError('null')
          checkTrainable(spec, weights)
          const trainer: Trainer = new NullTrainer(spec, plan, weights, delay, () =>
            trainers.delete(trainer),
          )
          trainers.add(trainer)
          return trainer
        },
        memory: () => ({ tensorBytes: 0, tensors: 0 }),
        async close() {
          closed = true
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
  readonly #checks: CallChecks
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
    this.#pixels = sizeOf(spec.inputShape)
    this.#classes = weightShapes(spec).at(-1)!.shape.at(-1)!
    this.#checks = new CallChecks(spec, plan, this.#classes)
    this.#table = normalizationTable(spec.normalization)
    this.#images = new Float32Array(plan.batchSize * this.#pixels)
    this.#state = startState(copy(weights))
  }

  async step(batch: Batch, learningRate = this.#plan.optimizer.learningRate): Promise<StepResult> {
    this.#checks.step(batch, learningRate)
    await this.#delay?.()
    const result = this.#resultOf(batch)
    const { weights, step } = this.#state
    for (const name of STATE_TENSORS)
      for (const [i, { data }] of this.#state[name].entries()) {
        const at = step % data.length
        data[at] = 0.9 * data[at]! + result.loss + ((step * 31) % 7)
        weights[i]!.data[at]! -= learningRate * data[at]!
      }
    this.#state = { ...this.#state, step: step + 1 }
    return result
  }

  async evaluate(batch: Batch): Promise<StepResult> {
    this.#checks.batch('evaluate', batch)
    return this.#resultOf(batch)
  }

  async predict(images: Uint8Array): Promise<Float32Array> {
    const count = this.#checks.images(images)
    return new Float32Array(count * this.#classes).fill(1 / this.#classes)
  }

  async save(): Promise<TrainerState> {
    this.#checks.live('save')
    return copyState(this.#state)
  }

  async load(state: TrainerState): Promise<void> {
    this.#checks.state(state)
    this.#state = copyState(state)
  }

  dispose(): void {
    if (this.#checks.dispose()) this.#onDispose()
  }

  /**
   * Returns a loss that depends on the labels and images of the batch and falls with the number of
   * steps.
   */
  #resultOf(batch: Batch): StepResult {
    batch.writeImages(this.#images.subarray(0, batch.size * this.#pixels), this.#table)
    let mix = this.#images[this.#pixels >> 1]!
    for (let i = 0; i < batch.size; i++) mix += batch.labels[i]! / (i + 1)
    return {
      loss: (1 + Math.sin(mix) ** 2) / Math.log(this.#state.step + Math.E),
      correct: batch.labels[0]! % (batch.size + 1),
    }
  }
}

function copyState(state: TrainerState): TrainerState {
  return {
    weights: copy(state.weights),
    ...optimizerState((name) => copy(state[name])),
    step: state.step,
  }
}

function copy(weights: Weights): Weights {
  return weights.map((tensor) => ({ ...tensor, data: tensor.data.slice() }))
}
