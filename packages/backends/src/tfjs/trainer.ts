import { sizeOf } from '@mnist-lab/core'
import {
  inferShapes,
  type LayerInfo,
  type ModelSpec,
  normalizationTable,
  type Weights,
  weightShapes,
} from '@mnist-lab/models'
import { crossEntropy } from '../cross-entropy.js'
import type { Batch, StepResult, Trainer, TrainerState, TrainingPlan } from '../interface.js'
import { optimizerState, STATE_TENSORS } from '../optimizer.js'
import type { Profiler, StepPhase } from '../profiler.js'
import { CallChecks, predictInBatches, startState } from '../trainer-parts.js'
import { Arena, type Tensor } from './arena.js'
import { type LayerProgram, layerProgram, type Pass } from './layers.js'
import {
  DeviceOptimizer,
  disposeParameter,
  type Flush,
  OPTIMIZER_KERNELS,
  type Parameter,
} from './optimizer.js'

interface PlannedLayer {
  readonly program: LayerProgram
  /**
   * The layer's parameters are those from `from` up to, but not including, `to` in the model's
   * list.
   */
  readonly from: number
  readonly to: number
}

/** Everything that a {@link TfjsTrainer} is created from. */
export interface TrainerSetup {
  readonly spec: ModelSpec
  readonly plan: TrainingPlan
  readonly weights: Weights
  /**
   * Makes this trainer's engine the active one; TensorFlow.js has one active engine in a process.
   */
  readonly activate: () => void
  readonly onDispose: () => void
  /** See `TfjsEngine`. */
  readonly transposesFirst: boolean
  readonly flush: Flush
  readonly profiler: Profiler | undefined
}

/** Returns the name of every kernel that a training step of the model may run, each once. */
export function kernelsOf(spec: ModelSpec): readonly string[] {
  const layers = inferShapes(spec).map((info, index) => layerProgram(info, index))
  return [...new Set([...layers.flatMap((layer) => layer.kernels), ...OPTIMIZER_KERNELS, 'Slice'])]
}

/**
 * Returns the bytes of the tensors that a training step on `batchSize` samples holds at its end:
 * the images, the results of every layer, and each parameter with its velocity and its gradient.
 * What the kernels need while they run comes on top.
 */
export function stepBytes(spec: ModelSpec, batchSize: number): number {
  let perSample = sizeOf(spec.inputShape)
  let hasParameters = false
  for (const [index, info] of inferShapes(spec).entries()) {
    const { numbers, parameters = 0 } = layerProgram(info, index)
    perSample += numbers.forward
    // The backward pass ends at the first layer with parameters, whose input needs no gradient.
    if (hasParameters) perSample += numbers.backward
    hasParameters ||= parameters > 0
  }
  const classes = inferShapes(spec).at(-1)!.outputShape[0]!
  const parameters = weightShapes(spec).reduce((sum, { shape }) => sum + sizeOf(shape), 0)
  return 4 * (batchSize * (perSample + classes) + 3 * parameters)
}

/**
 * Trains a ModelSpec on the kernels of any TensorFlow.js engine. The backward pass is written out,
 * layer by layer, instead of recorded by the library's tape. It therefore needs no global gradient
 * registry, frees tensors as soon as it can, and skips the first layer's input gradient.
 */
export class TfjsTrainer implements Trainer {
  readonly #setup: TrainerSetup
  readonly #layers: readonly PlannedLayer[]
  readonly #classes: number
  readonly #checks: CallChecks
  readonly #pixels: number
  readonly #table: Float32Array
  readonly #optimizer: DeviceOptimizer
  #parameters: readonly Parameter[] = []
  #step = 0

  constructor(setup: TrainerSetup) {
    const { spec, plan, weights } = setup
    this.#setup = setup
    const infos = inferShapes(spec)
    this.#layers = planLayers(infos)
    this.#classes = infos.at(-1)!.outputShape[0]!
    this.#checks = new CallChecks(spec, plan, this.#classes)
    this.#pixels = sizeOf(spec.inputShape)
    this.#table = normalizationTable(spec.normalization)
    setup.activate()
    this.#optimizer = new DeviceOptimizer(plan.optimizer, setup.flush)
    this.#setState(startState(weights))
  }

  async step(
    batch: Batch,
    learningRate = this.#setup.plan.optimizer.learningRate,
  ): Promise<StepResult> {
    this.#checks.step(batch, learningRate)
    const arena = new Arena()
    try {
      const pass = this.#pass(arena, batch.size, true)
      const images = this.#input(arena, batch)
      this.#phase('forward')
      const logits = this.#forward(pass, images)
      this.#phase('synchronise')
      const values = await logits.data<'float32'>()
      this.#phase('forward')
      const dLogits = new Float32Array(values.length)
      const result = crossEntropy(
        this.#setup.plan.loss,
        values,
        batch.labels,
        this.#classes,
        dLogits,
      )
      this.#setup.activate()
      this.#phase('backward')
      const gradients = this.#backward(pass, arena.tensor(dLogits, logits.shape))
      this.#phase('update')
      for (const [i, parameter] of this.#parameters.entries())
        this.#optimizer.update(parameter, gradients[i]!, learningRate)
      this.#phase('synchronise')
      await this.#finished()
      this.#step += 1
      return result
    } finally {
      arena.dispose()
    }
  }

  async evaluate(batch: Batch): Promise<StepResult> {
    this.#checks.batch('evaluate', batch)
    const logits = await this.#logits(batch.size, (target) =>
      batch.writeImages(target, this.#table),
    )
    return crossEntropy(this.#setup.plan.loss, logits, batch.labels, this.#classes)
  }

  predict(images: Uint8Array): Promise<Float32Array> {
    return predictInBatches(images, {
      spec: this.#setup.spec,
      classes: this.#classes,
      batchSize: this.#setup.plan.batchSize,
      checks: this.#checks,
      logits: (size, bytes) =>
        this.#logits(size, (target) => {
          for (let i = 0; i < bytes.length; i++) target[i] = this.#table[bytes[i]!]!
        }),
    })
  }

  async save(): Promise<TrainerState> {
    this.#checks.live('save')
    const shapes = weightShapes(this.#setup.spec)
    const read = (tensors: readonly Tensor[]) =>
      Promise.all(
        shapes.map(async ({ name, shape }, i) =>
          // The data is copied, because the cpu backend returns its own array.
          ({ name, shape, data: new Float32Array(await tensors[i]!.data<'float32'>()) }),
        ),
      )
    const weights = await read(this.#parameters.map((parameter) => parameter.weight))
    const lists = new Map(
      await Promise.all(
        STATE_TENSORS.map(
          async (name) =>
            [name, await read(this.#parameters.map(({ state }) => state[name]))] as const,
        ),
      ),
    )
    return { weights, ...optimizerState((name) => lists.get(name)!), step: this.#step }
  }

  async load(state: TrainerState): Promise<void> {
    this.#checks.state(state)
    this.#setup.activate()
    this.#disposeParameters()
    this.#setState(state)
  }

  dispose(): void {
    if (!this.#checks.dispose()) return
    this.#disposeParameters()
    this.#optimizer.dispose()
    this.#setup.onDispose()
  }

  #phase(name: StepPhase): void {
    this.#setup.profiler?.phase(name)
  }

  #pass(arena: Arena, size: number, training: boolean): Pass {
    this.#setup.activate()
    return {
      arena,
      training,
      seed: this.#setup.plan.seed,
      step: this.#step,
      size,
      transposesFirst: this.#setup.transposesFirst,
    }
  }

  #input(arena: Arena, batch: Batch): Tensor {
    const images = new Float32Array(batch.size * this.#pixels)
    batch.writeImages(images, this.#table)
    return arena.tensor(images, [batch.size, ...this.#setup.spec.inputShape])
  }

  async #logits(size: number, write: (target: Float32Array) => void): Promise<Float32Array> {
    const arena = new Arena()
    try {
      const pass = this.#pass(arena, size, false)
      const images = new Float32Array(size * this.#pixels)
      write(images)
      const logits = this.#forward(
        pass,
        arena.tensor(images, [size, ...this.#setup.spec.inputShape]),
      )
      return new Float32Array(await logits.data<'float32'>())
    } finally {
      arena.dispose()
    }
  }

  #forward(pass: Pass, images: Tensor): Tensor {
    return this.#layers.reduce(
      (x, layer) => layer.program.forward(pass, x, this.#weightsOf(layer)),
      images,
    )
  }

  #backward(pass: Pass, dLogits: Tensor): readonly Tensor[] {
    const gradients: Tensor[] = []
    let dy = dLogits
    for (const layer of [...this.#layers].reverse()) {
      const { dx, parameters } = layer.program.backward(
        pass,
        dy,
        this.#weightsOf(layer),
        layer.from > 0,
      )
      gradients.unshift(...parameters)
      if (dx === undefined || gradients.length === this.#parameters.length) break
      dy = dx
    }
    return gradients
  }

  /** Resolves when the last update has happened, by reading one number that depends on it. */
  async #finished(): Promise<void> {
    const arena = new Arena()
    try {
      const last = this.#parameters.at(-1)!.weight
      await arena
        .run(
          'Slice',
          { x: last },
          { begin: last.shape.map(() => 0), size: last.shape.map(() => 1) },
        )
        .data()
    } finally {
      arena.dispose()
    }
  }

  #weightsOf(layer: PlannedLayer): readonly Tensor[] {
    return this.#parameters.slice(layer.from, layer.to).map((parameter) => parameter.weight)
  }

  #setState(state: TrainerState): void {
    const arena = new Arena()
    // Dense weights get a leading 1, like the shape of features. The data is copied, because the
    // cpu backend would keep the array.
    const upload = (data: Float32Array, shape: readonly number[]) =>
      arena.tensor(data.slice(), shape.length === 2 ? [1, ...shape] : shape)
    try {
      this.#parameters = state.weights.map(({ data, shape }, i) => ({
        weight: upload(data, shape),
        state: Object.fromEntries(
          STATE_TENSORS.map((name) => [name, upload(state[name][i]!.data, shape)]),
        ) as Parameter['state'],
      }))
    } catch (error) {
      arena.dispose()
      throw error
    }
    this.#step = state.step
  }

  #disposeParameters(): void {
    for (const parameter of this.#parameters) disposeParameter(parameter)
    this.#parameters = []
  }
}

function planLayers(infos: readonly LayerInfo[]): readonly PlannedLayer[] {
  let from = 0
  return infos.map((info, index) => {
    const program = layerProgram(info, index)
    const planned = { program, from, to: from + (program.parameters ?? 0) }
    from = planned.to
    return planned
  })
}
