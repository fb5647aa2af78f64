import {
  inferShapes,
  type LayerInfo,
  type ModelSpec,
  normalizationTable,
  type Weights,
  weightShapes,
} from '@mnist-lab/models'
import { crossEntropy } from '../cross-entropy.js'
import type { Profiler, StepPhase } from '../profiler.js'
import type { Batch, StepResult, Trainer, TrainerState, TrainingPlan } from '../seam.js'
import { predictInBatches, startState } from '../trainer-parts.js'
import { Arena, type Tensor } from './arena.js'
import { type LayerProgram, layerProgram, type Pass } from './layers.js'
import { type Parameter, Sgd, SGD_KERNELS } from './sgd.js'

interface PlannedLayer {
  readonly program: LayerProgram
  /** Where the layer's parameters stand in the model's list. */
  readonly from: number
  readonly to: number
}

/** Every kernel that a training step of the model may run, each once. */
export function kernelsOf(spec: ModelSpec): readonly string[] {
  const layers = inferShapes(spec).map((info, index) => layerProgram(info, index))
  return [...new Set([...layers.flatMap((layer) => layer.kernels), ...SGD_KERNELS, 'Slice'])]
}

/**
 * One shared executor of a ModelSpec on TensorFlow.js kernels. The backward pass is written out instead of taped by the
 * library: it needs no global gradient registry, frees what it can and skips the first layer's input gradient.
 */
export class TfjsTrainer implements Trainer {
  readonly #spec: ModelSpec
  readonly #plan: TrainingPlan
  /** Makes this trainer's engine the active one; TensorFlow.js has one active backend a process. */
  readonly #activate: () => void
  readonly #onDispose: () => void
  readonly #transposesFirst: boolean
  readonly #profiler: Profiler | undefined
  readonly #layers: readonly PlannedLayer[]
  readonly #classes: number
  readonly #table: Float32Array
  readonly #sgd: Sgd
  #parameters: readonly Parameter[] = []
  #step = 0
  #disposed = false

  constructor(
    spec: ModelSpec,
    plan: TrainingPlan,
    weights: Weights,
    activate: () => void,
    onDispose: () => void,
    transposesFirst: boolean,
    profiler: Profiler | undefined,
  ) {
    this.#spec = spec
    this.#plan = plan
    this.#activate = activate
    this.#onDispose = onDispose
    this.#transposesFirst = transposesFirst
    this.#profiler = profiler
    const infos = inferShapes(spec)
    this.#layers = planLayers(infos)
    this.#classes = infos.at(-1)!.outputShape[0]!
    this.#table = normalizationTable(spec.normalization)
    this.#activate()
    this.#sgd = new Sgd(plan.optimizer)
    this.#setState(startState(weights))
  }

  async step(batch: Batch, learningRate = this.#plan.optimizer.learningRate): Promise<StepResult> {
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
      const result = crossEntropy(this.#plan.loss, values, batch.labels, this.#classes, dLogits)
      this.#activate()
      this.#phase('backward')
      const gradients = this.#backward(pass, arena.tensor(dLogits, logits.shape))
      this.#phase('update')
      for (const [i, parameter] of this.#parameters.entries())
        this.#sgd.update(parameter, gradients[i]!, learningRate)
      this.#phase('synchronise')
      await this.#finished()
      this.#step += 1
      return result
    } finally {
      arena.dispose()
    }
  }

  async evaluate(batch: Batch): Promise<StepResult> {
    const logits = await this.#logits(batch.size, (target) =>
      batch.writeImages(target, this.#table),
    )
    return crossEntropy(this.#plan.loss, logits, batch.labels, this.#classes)
  }

  predict(images: Uint8Array): Promise<Float32Array> {
    return predictInBatches(images, {
      spec: this.#spec,
      classes: this.#classes,
      batchSize: this.#plan.batchSize,
      logits: (size, bytes) =>
        this.#logits(size, (target) => {
          for (let i = 0; i < bytes.length; i++) target[i] = this.#table[bytes[i]!]!
        }),
    })
  }

  async save(): Promise<TrainerState> {
    const shapes = weightShapes(this.#spec)
    const read = (tensors: readonly Tensor[]) =>
      Promise.all(
        shapes.map(async ({ name, shape }, i) =>
          // A copy: the cpu backend hands out its own array.
          ({ name, shape, data: new Float32Array(await tensors[i]!.data<'float32'>()) }),
        ),
      )
    return {
      weights: await read(this.#parameters.map((parameter) => parameter.weight)),
      velocity: await read(this.#parameters.map((parameter) => parameter.velocity)),
      step: this.#step,
    }
  }

  async load(state: TrainerState): Promise<void> {
    this.#activate()
    this.#disposeParameters()
    this.#setState(state)
  }

  dispose(): void {
    if (this.#disposed) return
    this.#disposed = true
    this.#disposeParameters()
    this.#sgd.dispose()
    this.#onDispose()
  }

  #phase(name: StepPhase): void {
    this.#profiler?.phase(name)
  }

  get #pixels(): number {
    return this.#spec.inputShape.reduce((product, side) => product * side, 1)
  }

  #pass(arena: Arena, size: number, training: boolean): Pass {
    this.#activate()
    return {
      arena,
      training,
      seed: this.#plan.seed,
      step: this.#step,
      size,
      transposesFirst: this.#transposesFirst,
    }
  }

  #input(arena: Arena, batch: Batch): Tensor {
    const images = new Float32Array(batch.size * this.#pixels)
    batch.writeImages(images, this.#table)
    return arena.tensor(images, [batch.size, ...this.#spec.inputShape])
  }

  async #logits(size: number, write: (target: Float32Array) => void): Promise<Float32Array> {
    const arena = new Arena()
    try {
      const pass = this.#pass(arena, size, false)
      const images = new Float32Array(size * this.#pixels)
      write(images)
      const logits = this.#forward(pass, arena.tensor(images, [size, ...this.#spec.inputShape]))
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
    for (const layer of this.#layers.toReversed()) {
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

  /** Resolves when the last update has happened: reads one number that depends on it. */
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
    const upload = (data: Float32Array, shape: readonly number[]) => {
      const arena = new Arena()
      // Dense kernels get the leading 1 of the features' shape. A copy: the cpu backend would keep the caller's array.
      return arena.keep(arena.tensor(data.slice(), shape.length === 2 ? [1, ...shape] : shape))
    }
    this.#parameters = state.weights.map(({ data, shape }, i) => ({
      weight: upload(data, shape),
      velocity: upload(state.velocity[i]!.data, shape),
    }))
    this.#step = state.step
  }

  #disposeParameters(): void {
    for (const { weight, velocity } of this.#parameters) {
      weight.dispose()
      velocity.dispose()
    }
    this.#parameters = []
  }
}

function planLayers(infos: readonly LayerInfo[]): readonly PlannedLayer[] {
  let from = 0
  return infos.map((info, index) => {
    const to = from + (info.layer.type === 'conv2d' || info.layer.type === 'dense' ? 2 : 0)
    const planned = { program: layerProgram(info, index), from, to }
    from = to
    return planned
  })
}
