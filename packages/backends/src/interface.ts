// The backend interface: Backend, Session and Trainer, and the records that pass between them and
// their callers.
//
// A program creates a backend with a factory, opens a session, compiles a model into a trainer, and
// steps it:
//
//   const session = await wasm({ threads: 2 }).open()
//   const trainer = await session.compile(spec, plan, weights)
//   for (const batch of batches) await trainer.step(batch)
//   await session.close()

import { type ClassIndices, InputError } from '@mnist-lab/core'
import type { ModelSpec, Weights } from '@mnist-lab/models'
import type { OptimizerOptions, OptimizerState } from './optimizer.js'

/**
 * Describes one way to train, before anything is loaded. Its user creates it with a factory
 * (`wasm({ threads: 2 })`) and passes it on. Nothing registers itself, and nothing heavy is loaded
 * before {@link Backend.open}.
 */
export interface Backend {
  /** The backend's name, such as `cpu`, `wasm` or `fused-direct`. Any string is allowed. */
  readonly name: string
  /** Tells whether the backend would open here. Never throws and changes nothing. */
  probe(): Promise<Probe>
  /**
   * Opens a session.
   *
   * @throws BackendError when it cannot open; there is no silent fallback
   */
  open(): Promise<Session>
}

/** What {@link Backend.probe} found: a detail for the user, or the reason why not and a hint. */
export type Probe =
  | { readonly ok: true; readonly detail: string }
  | { readonly ok: false; readonly reason: string; readonly hint: string }

/** Reports that a backend cannot open here, or cannot run what it was given. */
export class BackendError extends InputError {
  override readonly name = 'BackendError'
}

/**
 * The largest number of threads that a backend takes. It is more than the cores of any machine that
 * these models can use, and keeps a wrong number from starting threads until memory runs out.
 */
export const MAX_THREADS = 256

/**
 * Checks a number of threads, as every factory with that option does.
 *
 * @param backend the backend's name
 * @throws BackendError when it is not a whole number from 1 to {@link MAX_THREADS}
 */
export function checkThreads(backend: string, threads: number | undefined): void {
  if (threads === undefined) return
  if (Number.isInteger(threads) && threads >= 1 && threads <= MAX_THREADS) return
  throw new BackendError({
    where: `backend ${backend}`,
    what: 'wrong number of threads',
    expected: `a whole number from 1 to ${MAX_THREADS}`,
    got: String(threads),
    hint: 'leave it out for the backend’s own choice',
  })
}

/** An opened engine. The caller closes it, which disposes its trainers too. */
export interface Session {
  readonly info: SessionInfo
  /**
   * Prepares training of `spec`, starting from a copy of `weights`.
   *
   * @throws BackendError when the session is closed, or with the kernels' names when the engine
   * lacks kernels that the model needs
   * @throws ModelError when the spec or the weights' shapes are wrong
   */
  compile(spec: ModelSpec, plan: TrainingPlan, weights: Weights): Promise<Trainer>
  /** Returns the memory in use. */
  memory(): MemoryUse
  /**
   * Returns whether the device was interrupted or changed its clock since the last call. Times
   * measured in between are not valid. Engines that cannot tell leave the method out. (WebGL:
   * GPU_DISJOINT_EXT.)
   */
  disturbed?(): boolean
  /** Disposes the trainers and frees the engine. Calling it again has no effect. */
  close(): Promise<void>
}

/** Describes what really runs, never what was asked for. */
export interface SessionInfo {
  /**
   * The backend's name in the registry. A variant has its own name here, such as `fused-simd128`.
   */
  readonly backend: string
  /** For a variant: the backend it is a variant of, and the options that make it one. */
  readonly variant?: { readonly of: string; readonly options: Readonly<Record<string, string>> }
  /** The versions of the engine's packages, by package name. */
  readonly versions: Readonly<Record<string, string>>
  readonly device: string
  /**
   * The instruction set that the training kernels use: `relaxed`, `simd128`, `scalar`, `native`, …
   */
  readonly simd: string
  readonly threads: number
  /**
   * Other facts about what runs: whose kernels they are, and each difference from what was asked
   * for, with the reason.
   */
  readonly notes: readonly string[]
}

/** The memory that a session uses. */
export interface MemoryUse {
  /** Bytes that the engine has reserved (its heap). Engines that cannot tell leave it out. */
  readonly reservedBytes?: number
  /** Bytes of live tensors. */
  readonly tensorBytes: number
  /** The number of live tensors. Engines without tensors count trainers. */
  readonly tensors: number
}

/**
 * The loss to minimise.
 *
 * - `softmaxCrossEntropy` is the cross-entropy of softmax(logits). A trailing softmax layer is not
 *   applied twice.
 * - `doubleSoftmaxCrossEntropy` is the cross-entropy of softmax(softmax(logits)), which is what
 *   PyTorch's CrossEntropyLoss computes after a Softmax layer. It is never below log(e + classes −
 *   1) − 1, which is 1.4612 for ten classes.
 */
export type Loss = 'softmaxCrossEntropy' | 'doubleSoftmaxCrossEntropy'

/** Says how a model is trained. */
export interface TrainingPlan {
  readonly loss: Loss
  readonly optimizer: OptimizerOptions
  /** The largest batch that a step will get. Shorter ones are allowed. */
  readonly batchSize: number
  /**
   * Seeds the dropout masks. Callers of a backend use it for the data order and the initial weights
   * too. An integer in [0, 2⁵³).
   */
  readonly seed: number
}

/**
 * Samples on their way to a backend: labels, and a way to write the images into the backend's own
 * memory.
 */
export interface Batch {
  readonly size: number
  /** [size], class indices */
  readonly labels: ClassIndices
  /**
   * The number of bytes of one image. Where it is given, trainers compare it with their model.
   */
  readonly pixels?: number
  /**
   * Writes `size` images into `target`, [size, height, width, channels], each pixel byte p as
   * `table[p]`.
   *
   * @param table 256 values, see `normalizationTable` in @mnist-lab/models
   */
  writeImages(target: Float32Array, table: Float32Array): void
  /**
   * Copies the pixel bytes of `size` images into `target`, for engines that look the bytes up
   * themselves. Where it is missing, they call `writeImages` with a table that leaves every byte as
   * it is.
   */
  copyImages?(target: Uint8Array): void
}

/** The result of a training step or of an evaluation. */
export interface StepResult {
  /**
   * The mean over the batch, without weight decay's term. {@link Trainer.step} gives the loss
   * before the update.
   */
  readonly loss: number
  /** The number of samples whose largest output is that of their label. */
  readonly correct: number
}

/**
 * A compiled model with its weights. Calls must not overlap. The caller disposes it. Every method
 * but `dispose` rejects with a BackendError when the trainer is disposed, or when an argument does
 * not fit the model and the plan.
 */
export interface Trainer {
  /**
   * Runs one training step: forward pass, loss, backward pass, update. Resolves when the update has
   * really happened.
   *
   * @param learningRate replaces the plan's, for schedules
   */
  step(batch: Batch, learningRate?: number): Promise<StepResult>
  /** Computes the loss and counts correct predictions, without dropout and without an update. */
  evaluate(batch: Batch): Promise<StepResult>
  /**
   * Returns the last layer's output, without dropout: probabilities when the model ends in softmax,
   * else logits.
   *
   * @param images pixel bytes, [n, height, width, channels], any n
   * @returns [n, classes]
   */
  predict(images: Uint8Array): Promise<Float32Array>
  /**
   * Returns everything that the next step depends on. A trainer that loads it continues with
   * bit-for-bit identical results. The arrays belong to the caller.
   */
  save(): Promise<TrainerState>
  /**
   * Replaces the state by a copy of one that {@link Trainer.save} returned for the same model.
   *
   * @throws ModelError when the tensors are not those of the model
   */
  load(state: TrainerState): Promise<void>
  /** Frees the memory. Calling it again has no effect. */
  dispose(): void
}

/** A trainer's weights, with the tensors that its optimizer keeps for them. */
export interface TrainerState extends OptimizerState {
  readonly weights: Weights
  /** The number of steps done since the beginning. Dropout masks depend on it. */
  readonly step: number
}

/**
 * Returns a session or a trainer with some members replaced. Everything else that it has, optional
 * members included, is passed on.
 */
export function withOverrides<Target extends Session | Trainer>(
  target: Target,
  overrides: Partial<Target>,
): Target {
  return new Proxy(target, {
    get(_target, key) {
      if (Object.hasOwn(overrides, key)) return Reflect.get(overrides, key) as unknown
      const value = Reflect.get(target, key, target) as unknown
      // Bound, because a method that reads private fields must be called on the object itself.
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}
