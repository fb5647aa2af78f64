import type { ModelSpec, Weights } from '@mnist-lab/models'

/**
 * A way to train: a plug-in. Its user creates it with a factory (`wasm({ threads: 2 })`) and passes it in; nothing
 * registers itself, and nothing heavy is loaded before {@link Backend.open}.
 */
export interface Backend {
  /** `cpu`, `wasm`, `null`, … open-ended. */
  readonly name: string
  /** Whether it would open here. Never throws, changes nothing. */
  probe(): Promise<Probe>
  /** @throws BackendError when it cannot open; there is no silent fallback. */
  open(): Promise<Session>
}

export type Probe =
  | { readonly ok: true; readonly detail: string }
  | { readonly ok: false; readonly reason: string; readonly hint: string }

/** An opened engine. The caller closes it; its trainers are disposed with it. */
export interface Session {
  readonly info: SessionInfo
  /**
   * Prepares training of `spec`, starting from a copy of `weights`.
   *
   * @throws BackendError with the kernels' names when the engine lacks kernels that the model needs
   * @throws ModelError when the spec or the weights' shapes are wrong
   */
  compile(spec: ModelSpec, plan: TrainingPlan, weights: Weights): Promise<Trainer>
  memory(): MemoryUse
  /**
   * Whether the device was interrupted or changed its clock since the last call, where the engine can tell: what was timed meanwhile is no
   * figure. (WebGL: GPU_DISJOINT_EXT.)
   */
  disturbed?(): boolean
  close(): Promise<void>
}

/** What really runs, never what was asked for. */
export interface SessionInfo {
  readonly backend: string
  /** Of the engine's packages, by name. */
  readonly versions: Readonly<Record<string, string>>
  readonly device: string
  /** Instruction set in use: `simd128`, `scalar`, `native`, … */
  readonly simd: string
  readonly threads: number
  /** What else is to be said of what runs: whose kernels, and anything that differs from what was asked for, and why. */
  readonly notes: readonly string[]
}

export interface MemoryUse {
  /** Bytes the engine has reserved (its heap), where it can tell. */
  readonly reservedBytes?: number
  /** Bytes of live tensors. */
  readonly tensorBytes: number
  readonly tensors: number
}

/**
 * `softmaxCrossEntropy`: cross-entropy of softmax(logits); a trailing softmax layer is not applied twice.
 * `doubleSoftmaxCrossEntropy`: cross-entropy of softmax(softmax(logits)), as PyTorch's CrossEntropyLoss after a Softmax
 * layer computes it; never below log(e + classes − 1) − 1 = 1.4612 for ten classes.
 */
export type Loss = 'softmaxCrossEntropy' | 'doubleSoftmaxCrossEntropy'

export interface TrainingPlan {
  readonly loss: Loss
  readonly optimizer: SgdOptions
  /** The largest batch that a step will get; shorter ones are allowed. */
  readonly batchSize: number
  /** Of dropout masks and, above the seam, of the data order and the initial weights. Integer in [0, 2⁵³). */
  readonly seed: number
}

/**
 * Stochastic gradient descent as torch.optim.SGD does it: g ← ∂loss/∂w + weightDecay · w, v ← momentum · v + g,
 * w ← w − learningRate · v, for every parameter, biases too.
 */
export interface SgdOptions {
  readonly learningRate: number
  readonly momentum: number
  readonly weightDecay: number
}

/** Samples on their way to a backend: labels, and a way to write the images where the backend wants them. */
export interface Batch {
  readonly size: number
  /** [size], class indices */
  readonly labels: Uint8Array
  /**
   * Writes `size` images into `target`, [size, height, width, channels], each pixel byte p as `table[p]`.
   *
   * @param table 256 values, see `normalizationTable` in @mnist-lab/models
   */
  writeImages(target: Float32Array, table: Float32Array): void
  /**
   * Copies the pixel bytes of `size` images into `target`, for engines that look them up themselves; without it they ask
   * `writeImages` for them.
   */
  copyImages?(target: Uint8Array): void
}

export interface StepResult {
  /** Mean over the batch; before the update for {@link Trainer.step}, without weight decay's term. */
  readonly loss: number
  /** How many samples' largest output was their label. */
  readonly correct: number
}

/** A compiled model with its weights. Calls must not overlap. The caller disposes it. */
export interface Trainer {
  /**
   * Forward, loss, backward, update; resolves when the update has really happened.
   *
   * @param learningRate instead of the plan's, for schedules
   */
  step(batch: Batch, learningRate?: number): Promise<StepResult>
  /** Loss and correct predictions without dropout and without an update. */
  evaluate(batch: Batch): Promise<StepResult>
  /**
   * The last layer's output, without dropout: probabilities when the model ends in softmax, else logits.
   *
   * @param images pixel bytes, [n, height, width, channels], any n
   * @returns [n, classes]
   */
  predict(images: Uint8Array): Promise<Float32Array>
  /** Everything that the next step depends on: a loaded copy goes on to the bit. The arrays are the caller's. */
  save(): Promise<TrainerState>
  load(state: TrainerState): Promise<void>
  dispose(): void
}

export interface TrainerState {
  readonly weights: Weights
  /** The momentum buffers v, in the order and shapes of the weights; zeros before the first step. */
  readonly velocity: Weights
  /** Steps done since the beginning; dropout masks depend on it. */
  readonly step: number
}
