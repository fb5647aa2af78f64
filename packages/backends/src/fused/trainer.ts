import { COMMAND_WORDS, HEADER } from '@mnist-lab/kernels'
import { type ModelSpec, normalizationTable, type Weights, weightShapes } from '@mnist-lab/models'
import { portableLog, sizeOf, streamWords } from '@mnist-lab/core'
import type { Batch, StepResult, Trainer, TrainerState, TrainingPlan } from '../interface.js'
import { optimizerState, STATE_TENSORS } from '../optimizer.js'
import { CallChecks, predictInBatches } from '../trainer-parts.js'
import { type ParameterPlace, readParameter, writeParameter } from './memory.js'
import type { CommandList } from './passes/emit.js'
import type { Program } from './program.js'

/** Runs the passes of a program. */
export interface PassRunner {
  /**
   * Checks that a pass can run.
   *
   * @throws BackendError when a helper thread has failed
   */
  check(): void
  /**
   * Runs one pass of the program whose header is at the given address.
   *
   * @returns undefined when the pass is finished, or a promise that resolves when the helper
   * threads have finished it too, and rejects with a BackendError when one of them has failed
   */
  run(header: number): Promise<void> | undefined
}

/** The normalisation table that leaves every pixel byte as it is. */
const IDENTITY = Float32Array.from({ length: 256 }, (_, byte) => byte)

/** Everything that a {@link FusedTrainer} is created from. */
export interface TrainerParts {
  readonly spec: ModelSpec
  readonly plan: TrainingPlan
  readonly program: Program
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly threads: number
  readonly runner: PassRunner
  readonly onDispose: () => void
}

/** Runs a {@link Program}: a pass over a batch is one call of a kernel. */
export class FusedTrainer implements Trainer {
  readonly #spec: ModelSpec
  readonly #plan: TrainingPlan
  readonly #program: Program
  readonly #runner: PassRunner
  readonly #heap: Float32Array
  readonly #checks: CallChecks
  readonly #pixels: number
  readonly #images: Uint8Array
  readonly #labels: Float32Array
  readonly #sampleWeights: Float32Array
  readonly #results: Float32Array
  readonly #logits: Float32Array
  readonly #classes: number
  /** The parameters in the order of the model's weights. */
  readonly #parameters: readonly ParameterPlace[]
  /** The header's memory as int32 numbers, and the same memory as float32 numbers. */
  readonly #words: Int32Array
  readonly #numbers: Float32Array
  readonly #onDispose: () => void
  /** Receives the images of batches that have no `copyImages`. */
  #written: Float32Array | undefined
  #step = 0
  /** The pass that helper threads have not finished yet. */
  #unfinished: Promise<void> | undefined
  /** Why an update was given up halfway. The weights are then neither the old nor the new ones. */
  #torn: unknown

  constructor({ spec, plan, program, memory, threads, runner, onDispose }: TrainerParts) {
    this.#spec = spec
    this.#plan = plan
    this.#program = program
    this.#runner = runner
    this.#heap = new Float32Array(memory.buffer)
    const { blocks, header, images, table, output, ...places } = program.plan
    const samples = blocks.count * blocks.size
    const floats = ({ address }: { readonly address: number }, count: number) =>
      new Float32Array(memory.buffer, address, count)
    this.#pixels = sizeOf(spec.inputShape)
    this.#images = new Uint8Array(memory.buffer, images.address, samples * this.#pixels)
    floats(table, 256).set(normalizationTable(spec.normalization))
    this.#classes = output.channels
    this.#checks = new CallChecks(spec, plan, output.channels)
    this.#labels = floats(places.labels, samples)
    this.#sampleWeights = floats(places.sampleWeights, samples)
    this.#results = floats(places.results, samples * 3)
    this.#logits = floats(places.logits, samples * output.channels)
    this.#words = new Int32Array(memory.buffer, header.address)
    this.#numbers = new Float32Array(memory.buffer, header.address)
    this.#parameters = places.operations.flatMap((operation) =>
      operation.type === 'conv2d' || operation.type === 'dense'
        ? [operation.weights, operation.bias]
        : [],
    )
    this.#onDispose = onDispose
    const { train, evaluate, predict, optimizerStep, onWeightsLoaded } = program.commands
    for (const { address, commands } of [
      train,
      evaluate,
      predict,
      optimizerStep,
      onWeightsLoaded,
    ]) {
      const words = new Int32Array(memory.buffer, address, commands.length * COMMAND_WORDS)
      for (const [i, command] of commands.entries()) words.set(command, i * COMMAND_WORDS)
    }
    const { key0, key1 } = streamWords(plan.seed, 'dropout', 0)
    this.#words[HEADER.key0] = key0
    this.#words[HEADER.key1] = key1
    this.#words[HEADER.threads] = threads
    this.#numbers[HEADER.momentum] = plan.optimizer.momentum
    this.#numbers[HEADER.decay] = plan.optimizer.weightDecay
    this.#words[HEADER.nesterov] = plan.optimizer.nesterov === true ? 1 : 0
  }

  async step(batch: Batch, learningRate = this.#plan.optimizer.learningRate): Promise<StepResult> {
    if (this.#unfinished !== undefined) await this.#turn()
    this.#checks.step(batch, learningRate)
    this.#runner.check()
    this.#load(batch)
    this.#numbers[HEADER.rate] = learningRate
    this.#words[HEADER.step] = this.#step
    const { train, optimizerStep } = this.#program.commands
    const rest = this.#pass(train, batch.size, optimizerStep)
    if (rest !== undefined) await rest
    this.#step += 1
    return this.#result(batch.size)
  }

  async evaluate(batch: Batch): Promise<StepResult> {
    if (this.#unfinished !== undefined) await this.#turn()
    this.#checks.batch('evaluate', batch)
    this.#runner.check()
    this.#load(batch)
    const rest = this.#pass(this.#program.commands.evaluate, batch.size)
    if (rest !== undefined) await rest
    return this.#result(batch.size)
  }

  predict(images: Uint8Array): Promise<Float32Array> {
    const classes = this.#classes
    return predictInBatches(images, {
      spec: this.#spec,
      classes,
      batchSize: this.#plan.batchSize,
      checks: this.#checks,
      logits: async (size, bytes) => {
        if (this.#unfinished !== undefined) await this.#turn()
        this.#runner.check()
        this.#images.set(bytes)
        await this.#pass(this.#program.commands.predict, size)
        return this.#logits.subarray(0, size * classes)
      },
    })
  }

  async save(): Promise<TrainerState> {
    if (this.#unfinished !== undefined) await this.#turn()
    this.#checks.live('save')
    if (this.#torn !== undefined) throw this.#torn
    return {
      weights: this.#read(({ weights }) => weights),
      ...optimizerState((list) => this.#read(({ state }) => state[list])),
      step: this.#step,
    }
  }

  async load(state: TrainerState): Promise<void> {
    if (this.#unfinished !== undefined) await this.#turn()
    this.#checks.state(state)
    this.#runner.check()
    for (const [i, place] of this.#parameters.entries()) {
      writeParameter(this.#heap, place.weights, place, state.weights[i]!.data)
      for (const list of STATE_TENSORS)
        writeParameter(this.#heap, place.state[list], place, state[list][i]!.data)
    }
    const { onWeightsLoaded } = this.#program.commands
    await this.#pass(onWeightsLoaded, 0, onWeightsLoaded)
    this.#step = state.step
    this.#torn = undefined
  }

  dispose(): void {
    if (this.#checks.dispose()) this.#onDispose()
  }

  #load(batch: Batch): void {
    const { size, labels } = batch
    this.#loadImages(batch)
    for (let i = 0; i < this.#labels.length; i++) {
      this.#labels[i] = i < size ? labels[i]! : -1
      this.#sampleWeights[i] = i < size ? 1 / size : 0
    }
  }

  #loadImages(batch: Batch): void {
    const length = batch.size * this.#pixels
    if (batch.copyImages !== undefined) return batch.copyImages(this.#images.subarray(0, length))
    this.#written ??= new Float32Array(this.#images.length)
    const written = this.#written.subarray(0, length)
    batch.writeImages(written, IDENTITY)
    this.#images.set(written)
  }

  /**
   * Runs the commands for each block of `size` samples.
   *
   * @param final commands that run once, after all blocks
   * @returns undefined when the pass is finished, or a promise for its end
   */
  #pass(
    { address, commands }: CommandList,
    size: number,
    final?: CommandList,
  ): Promise<void> | undefined {
    const words = this.#words
    words[HEADER.samples] = size
    words[HEADER.blocks] = Math.ceil(size / this.#program.plan.blocks.size)
    words[HEADER.blockCommands] = address
    words[HEADER.blockCommandCount] = commands.length
    words[HEADER.finalCommands] = final?.address ?? 0
    words[HEADER.finalCommandCount] = final?.commands.length ?? 0
    words[HEADER.nextChunk] = words[HEADER.nextFinalCommand] = 0
    words[HEADER.chunksDone] = words[HEADER.finalCommandsDone] = 0
    const tear = (error: unknown) => {
      if (final !== undefined) this.#torn ??= error
      throw error
    }
    try {
      const rest = this.#runner.run(this.#program.plan.header.address)
      this.#unfinished = rest?.catch(tear).finally(() => {
        this.#unfinished = undefined
      })
    } catch (error) {
      tear(error)
    }
    return this.#unfinished
  }

  /** Resolves when no earlier call is unfinished any more. Calls that overlap take turns. */
  async #turn(): Promise<void> {
    while (this.#unfinished !== undefined) await Promise.allSettled([this.#unfinished])
  }

  /**
   * Returns the mean of the losses that the kernel crossEntropy wrote, summed in double precision.
   */
  #result(size: number): StepResult {
    const block = this.#program.plan.blocks.size
    let loss = 0
    let correct = 0
    for (let sample = 0; sample < size; sample++) {
      const at = Math.floor(sample / block) * block * 3 + (sample % block)
      loss += portableLog(this.#results[at]!) + this.#results[at + block]!
      correct += this.#results[at + 2 * block]!
    }
    return { loss: loss / size, correct }
  }

  /** Returns one tensor of every parameter. */
  #read(addressIn: (place: ParameterPlace) => number): Weights {
    return weightShapes(this.#spec).map(({ name, shape }, i) => {
      const place = this.#parameters[i]!
      return { name, shape, data: readParameter(this.#heap, addressIn(place), place) }
    })
  }
}
