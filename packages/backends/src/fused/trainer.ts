import type { Kernels } from '@mnist-lab/kernels'
import { type ModelSpec, normalizationTable, type Weights, weightShapes } from '@mnist-lab/models'
import { crossEntropy } from '../cross-entropy.js'
import type { Batch, StepResult, Trainer, TrainerState, TrainingPlan } from '../seam.js'
import { predictInBatches } from '../trainer-parts.js'
import { LANES } from './activation.js'
import type { Pass } from './layers.js'
import type { Program } from './program.js'

/** Runs a {@link Program}. */
export class FusedTrainer implements Trainer {
  readonly #spec: ModelSpec
  readonly #plan: TrainingPlan
  readonly #program: Program
  readonly #kernels: Kernels
  readonly #heap: Float32Array
  readonly #images: Float32Array
  readonly #table: Float32Array
  readonly #classes: number
  /** [batch, classes], samples in rows. */
  readonly #rows: Float32Array
  readonly #dLogits: Float32Array
  /** Where the backward pass ends: before it nothing has parameters. */
  readonly #first: number
  readonly #onDispose: () => void
  #step = 0

  constructor(
    spec: ModelSpec, plan: TrainingPlan, program: Program, kernels: Kernels, memory: WebAssembly.Memory, onDispose: () => void,
  ) {
    this.#spec = spec
    this.#plan = plan
    this.#program = program
    this.#kernels = kernels
    this.#heap = new Float32Array(memory.buffer)
    const pixels = spec.inputShape.reduce((product, side) => product * side, 1)
    this.#images = new Float32Array(memory.buffer, program.images, plan.batchSize * pixels)
    this.#table = normalizationTable(spec.normalization)
    this.#classes = program.logits.channels
    this.#rows = new Float32Array(plan.batchSize * this.#classes)
    this.#dLogits = new Float32Array(plan.batchSize * this.#classes)
    this.#first = program.layers.findIndex(({ hasParameters }) => hasParameters)
    this.#onDispose = onDispose
  }

  async step(batch: Batch, learningRate = this.#plan.optimizer.learningRate): Promise<StepResult> {
    const { layers, regions, logits } = this.#program
    const pass = this.#pass(batch.size, true)
    batch.writeImages(this.#images, this.#table)
    const values = this.#forward(pass)
    const gradient = this.#dLogits.subarray(0, values.length)
    const result = crossEntropy(this.#plan.loss, values, batch.labels, this.#classes, gradient)
    this.#heap.fill(0, logits.gradient / 4, (logits.gradient + pass.blocks * logits.gradientBlock) / 4)
    this.#eachLogit(batch.size, logits.gradient, (at, i) => { this.#heap[at] = gradient[i]! })
    for (let i = layers.length - 1; i >= this.#first; i--) layers[i]!.backward(pass)
    const { momentum, weightDecay } = this.#plan.optimizer
    this.#kernels.sgd(regions.weights, regions.velocity, regions.gradients, regions.count, learningRate, momentum, weightDecay)
    this.#step += 1
    return result
  }

  async evaluate(batch: Batch): Promise<StepResult> {
    const logits = this.#logits(batch.size, (target) => batch.writeImages(target, this.#table))
    return crossEntropy(this.#plan.loss, logits, batch.labels, this.#classes)
  }

  predict(images: Uint8Array): Promise<Float32Array> {
    return predictInBatches(images, {
      spec: this.#spec, classes: this.#classes, batchSize: this.#plan.batchSize, table: this.#table,
      logits: (size, write) => this.#logits(size, write),
    })
  }

  async save(): Promise<TrainerState> {
    const { weights, velocity } = this.#program.regions
    return { weights: this.#read(weights), velocity: this.#read(velocity), step: this.#step }
  }

  async load({ weights, velocity, step }: TrainerState): Promise<void> {
    const { regions, parameters } = this.#program
    for (const [i, { offset }] of parameters.entries()) {
      this.#heap.set(weights[i]!.data, (regions.weights + offset) / 4)
      this.#heap.set(velocity[i]!.data, (regions.velocity + offset) / 4)
    }
    this.#step = step
  }

  dispose(): void {
    this.#onDispose()
  }

  #pass(size: number, training: boolean): Pass {
    return { kernels: this.#kernels, heap: this.#heap, training, seed: this.#plan.seed, step: this.#step, size, blocks: Math.ceil(size / LANES) }
  }

  /** Without dropout. @returns [size, classes], overwritten by the next pass */
  #logits(size: number, write: (target: Float32Array) => void): Float32Array {
    write(this.#images)
    return this.#forward(this.#pass(size, false))
  }

  /** @returns [size, classes], overwritten by the next pass */
  #forward(pass: Pass): Float32Array {
    const { images, input, layers, logits } = this.#program
    this.#kernels.interleave(images, input.inner, input.block, input.channel, input.row, pass.size, pass.blocks, input.channels, input.height, input.width)
    for (const layer of layers) layer.forward(pass)
    const values = this.#rows.subarray(0, pass.size * this.#classes)
    this.#eachLogit(pass.size, logits.inner, (at, i) => { values[i] = this.#heap[at]! })
    return values
  }

  /** Pairs each logit's place in the lanes from address `from` on with its place in rows of samples. */
  #eachLogit(size: number, from: number, visit: (at: number, i: number) => void): void {
    for (let sample = 0, i = 0; sample < size; sample++) {
      const first = from / 4 + (sample >> 3) * this.#classes * LANES + (sample & 7)
      for (let c = 0; c < this.#classes; c++, i++) visit(first + c * LANES, i)
    }
  }

  #read(region: number): Weights {
    return weightShapes(this.#spec).map(({ name, shape }, i) => {
      const { offset, count } = this.#program.parameters[i]!
      const at = (region + offset) / 4
      return { name, shape, data: this.#heap.slice(at, at + count) }
    })
  }
}
