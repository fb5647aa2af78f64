import * as tf from '@tensorflow/tfjs-core'
import { sizeOf } from '@mnist-lab/core'
import { inferShapes, type ModelSpec, type Weights } from '@mnist-lab/models'
import {
  BackendError,
  type MemoryUse,
  type Session,
  type SessionInfo,
  type Trainer,
  type TrainingPlan,
} from '../interface.js'
import type { Profiler } from '../profiler.js'
import { checkTrainable, closedError } from '../trainer-parts.js'
import { timeKernels } from './kernels.js'
import type { Flush } from './optimizer.js'
import { kernelsOf, stepBytes, TfjsTrainer } from './trainer.js'

/** Describes how a TensorFlow.js engine is started. Everything else is the same for all engines. */
export interface TfjsEngine {
  /** The engine's name within TensorFlow.js. */
  readonly name: string
  /**
   * The name of this package's backend. Two backends of one engine load different kernels into it,
   * and cannot be open at the same time.
   */
  readonly backend: string
  /**
   * Whether a dense layer's gradients transpose an operand before the product. It is for engines
   * whose products with a transposed operand are slow.
   * @default false
   */
  readonly transposesFirst?: boolean
  /**
   * Whether velocities may become denormal numbers, as TensorFlow.js's own optimizers let them. It
   * is for the stock backends, which are references of TensorFlow.js's own speed and results.
   * @default false
   */
  readonly keepsDenormals?: boolean
  /**
   * The most bytes that the tensors of a training step may take. Models and batches that need more
   * are refused before any memory is taken.
   * @default no limit
   */
  readonly maxBytes?: number
  /**
   * Imports the engine's package, which registers it, and sets its flags. Called before the first
   * of its sessions.
   */
  load(): Promise<void>
  /** Called when the engine has been started for the first of its sessions. */
  started?(): void
  /** Describes what really runs. It is called while the engine runs. */
  describe(): Promise<Omit<SessionInfo, 'backend'>>
  /** Undoes what `load` changed in the process, when the last session is closed. */
  unload(): void
  /** Returns the bytes of the engine's heap, where it has one. Called with the engine active. */
  reservedBytes?(): number | undefined
}

/**
 * The sessions that are open now, by engine. TensorFlow.js holds one instance of each engine in a
 * process.
 */
const open = new Map<string, { sessions: number; readonly engine: TfjsEngine }>()

/**
 * Opens a session on a TensorFlow.js engine. The last session to close shuts the engine down.
 *
 * @param profiler records the time of every kernel; the engine's kernels are then wrapped in all
 * its sessions
 * @throws BackendError when the engine is open as another backend, because it has one set of
 * kernels in a process
 */
export async function openTfjs(engine: TfjsEngine, profiler?: Profiler): Promise<Session> {
  const { name, backend } = engine
  const other = open.get(name)?.engine.backend
  if (other !== undefined && other !== backend) {
    throw new BackendError({
      where: `backend ${backend}`,
      what: `a session of ${other} is open, and TensorFlow.js's ${name} engine has one set of kernels in a process`,
      hint: 'close it first',
    })
  }
  if (other !== undefined && profiler !== undefined) {
    throw new BackendError({
      where: `backend ${backend}`,
      what: 'a session is open, and a profile needs the engine to itself',
      hint: 'close it first',
    })
  }
  if (other === undefined) await engine.load()
  const activate = () => {
    // The engine runs already, so the switch happens at once and its promise need not be awaited.
    if (tf.getBackend() !== name) void tf.setBackend(name)
  }
  try {
    if (!(await tf.setBackend(name))) throw new Error(`tf.setBackend('${name}') returned false`)
    if (other === undefined) engine.started?.()
  } catch (cause) {
    if (!open.has(name)) engine.unload()
    throw new BackendError({
      where: `backend ${backend}`,
      what: `TensorFlow.js could not start it (${String(cause)})`,
      hint: 'see `mnist doctor`, or choose another backend',
      cause,
    })
  }
  const shared = open.get(name) ?? { sessions: 0, engine }
  shared.sessions += 1
  open.set(name, shared)
  try {
    const info = { backend, ...(await engine.describe()) }
    const restoreKernels = profiler === undefined ? () => {} : timeKernels(name, profiler)
    return new TfjsSession(engine, info, profiler, activate, () => {
      restoreKernels()
      release(name)
    })
  } catch (error) {
    release(name)
    throw error
  }
}

function release(name: string): void {
  const shared = open.get(name)!
  shared.sessions -= 1
  if (shared.sessions > 0) return
  open.delete(name)
  // Removing an engine forgets its factory too. With the factory put back it can be opened again.
  const factory = tf.findBackendFactory(name)
  tf.removeBackend(name)
  tf.registerBackend(name, factory)
  shared.engine.unload()
}

/**
 * The most bytes of one tensor, such as the outputs of a layer for a whole batch. No engine in use
 * has larger arrays everywhere.
 */
const MAX_TENSOR_BYTES = 2 ** 32

/** Checks that the outputs of each layer for a whole batch fit into one tensor. */
function checkBatchSize(spec: ModelSpec, { batchSize }: TrainingPlan): void {
  const shapes = [
    { name: 'the images', outputShape: spec.inputShape as readonly number[] },
    ...inferShapes(spec),
  ]
  for (const { name, outputShape } of shapes) {
    const bytes = 4 * batchSize * sizeOf(outputShape)
    if (bytes <= MAX_TENSOR_BYTES) continue
    throw new BackendError({
      where: `model ${spec.name}, batch ${batchSize}, ${name}`,
      expected: `at most ${MAX_TENSOR_BYTES} bytes`,
      got: String(bytes),
      hint: 'use smaller batches or a smaller model',
    })
  }
}

class TfjsSession implements Session {
  readonly info: SessionInfo
  readonly #engine: TfjsEngine
  readonly #profiler: Profiler | undefined
  readonly #activate: () => void
  readonly #release: () => void
  readonly #trainers = new Set<Trainer>()
  #closed = false

  constructor(
    engine: TfjsEngine,
    info: SessionInfo,
    profiler: Profiler | undefined,
    activate: () => void,
    release: () => void,
  ) {
    this.info = info
    this.#engine = engine
    this.#profiler = profiler
    this.#activate = activate
    this.#release = release
  }

  async compile(spec: ModelSpec, plan: TrainingPlan, weights: Weights): Promise<Trainer> {
    if (this.#closed) throw closedError(this.info.backend)
    checkTrainable(spec, weights)
    checkBatchSize(spec, plan)
    const missing = kernelsOf(spec).filter(
      (kernel) => tf.getKernel(kernel, this.#engine.name) === undefined,
    )
    if (missing.length > 0) {
      throw new BackendError({
        where: `backend ${this.info.backend}`,
        what: `lacks kernels that training ${spec.name} needs: ${missing.join(', ')}`,
        hint: 'choose another backend',
      })
    }
    this.#checkMemory(spec, plan)
    const trainer: Trainer = new TfjsTrainer({
      spec,
      plan,
      weights,
      activate: this.#activate,
      onDispose: () => this.#trainers.delete(trainer),
      transposesFirst: this.#engine.transposesFirst ?? false,
      flush: this.#flush(),
      profiler: this.#profiler,
    })
    this.#trainers.add(trainer)
    return trainer
  }

  #checkMemory(spec: ModelSpec, { batchSize }: TrainingPlan): void {
    const { maxBytes = Infinity } = this.#engine
    const bytes = stepBytes(spec, batchSize)
    if (bytes <= maxBytes) return
    throw new BackendError({
      where: `backend ${this.info.backend}`,
      what: `a step of ${spec.name} on ${batchSize} ${batchSize === 1 ? 'image' : 'images'} does not fit in its memory`,
      expected: `at most ${maxBytes} bytes`,
      got: String(bytes),
      hint: batchSize === 1 ? 'use a smaller model' : 'use smaller batches, or another backend',
    })
  }

  #flush(): Flush {
    const { name, keepsDenormals } = this.#engine
    if (keepsDenormals === true) return 'never'
    return tf.getKernel('AddAndFlush', name) === undefined ? 'composed' : 'kernel'
  }

  /**
   * Returns the memory of all TensorFlow.js engines in the process, which are counted together, or
   * nothing after `close`.
   */
  memory(): MemoryUse {
    // Without an engine TensorFlow.js cannot tell.
    if (this.#closed) return { tensorBytes: 0, tensors: 0 }
    const { numBytes, numTensors } = tf.memory()
    this.#activate()
    const reservedBytes = this.#engine.reservedBytes?.()
    return {
      ...(reservedBytes === undefined ? {} : { reservedBytes }),
      tensorBytes: numBytes,
      tensors: numTensors,
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    for (const trainer of this.#trainers) trainer.dispose()
    this.#release()
  }
}
