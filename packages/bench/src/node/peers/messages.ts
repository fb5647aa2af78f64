import type { ModelSpec } from '@mnist-lab/models'

/** The version of the messages here. docs/peers.md describes them for other languages. */
export const PEER_PROTOCOL = 1

/**
 * A request to a peer, as one line of JSON on its stdin. Between requests the peer waits. The
 * parent removes the folder with the files.
 */
export type PeerRequest = OpenRequest | PrepareRequest | BurstRequest | ProfileRequest

/** The first request, to start the engine. */
export interface OpenRequest {
  readonly type: 'open'
  readonly protocol: typeof PEER_PROTOCOL
  /** The number of threads; absent if the engine chooses. */
  readonly threads?: number
}

/**
 * A request to build the model, train a copy of it for parity, and warm up. Batches come in the
 * order of the files.
 */
export interface PrepareRequest {
  readonly type: 'prepare'
  readonly spec: ModelSpec
  /** The same model without dropout, because no two engines draw the same masks. */
  readonly paritySpec: ModelSpec
  readonly paritySteps: number
  readonly batchSize: number
  readonly learningRate: number
  readonly momentum: number
  readonly weightDecay: number
  readonly seed: number
  /**
   * The file of initial weights: float32 numbers, tensor after tensor, in the order and layout of
   * PyTorch's `parameters()`.
   */
  readonly weights: string
  /**
   * The file that a peer may write its weights to after the steps for parity, in the same order and
   * layout.
   */
  readonly weightsOut?: string
  /** The file of pixel bytes [count, height, width, channels]. */
  readonly images: string
  /** The file of label bytes [count]. */
  readonly labels: string
  readonly warmup: StepsBudget
}

/** A request to time steps, each separately. The steps of the warm-up do not count. */
interface BurstRequest {
  readonly type: 'burst'
  readonly warmup: StepsBudget
  readonly timed: StepsBudget
}

/** A request to time the phases of steps. Only peers whose `hello` lists `profile` get it. */
interface ProfileRequest {
  readonly type: 'profile'
  readonly timed: StepsBudget
}

/**
 * The number of steps to run: until `minSteps` and `seconds` have both been reached, but at most
 * `maxSteps`.
 */
export interface StepsBudget {
  readonly minSteps: number
  readonly seconds: number
  readonly maxSteps?: number
}

/** A peer's description of itself. */
export interface PeerInfo {
  readonly versions: Readonly<Record<string, string>>
  readonly threads: number
  /** The instruction set, BLAS and the like, in words. */
  readonly details: string
  /** The instruction set alone, for its column in the table. */
  readonly simd?: string
  /** The kinds of requests beyond the first three that the peer answers. */
  readonly can?: readonly 'profile'[]
}

/** The answer to a prepare request. */
interface ReadyAnswer {
  readonly type: 'ready'
  /** The losses of the steps for parity. */
  readonly losses: readonly number[]
  /** The time of building the model and of the first step, if the peer reports them. */
  readonly compileMs?: number
  readonly firstStepMs?: number
  /** Replaces the details of `hello` if they depend on the model. */
  readonly details?: string
}

/** The answer to a burst request. */
export interface BurstAnswer {
  readonly type: 'burst'
  readonly samplesMs: readonly number[]
  /** The processor time of the whole process over the timed steps, if the peer reports it. */
  readonly cpuMs?: number
  readonly peakRssBytes?: number
}

/** The answer to a profile request. */
interface ProfileAnswer {
  readonly type: 'profile'
  readonly samplesMs: readonly number[]
  /** The milliseconds of each phase, of all these steps together. */
  readonly phases: readonly {
    readonly phase: 'data' | 'forward' | 'backward' | 'update' | 'synchronise'
    readonly ms: number
  }[]
}

/**
 * A peer's answer to a request, as one line of JSON on its stdout. After `failed` no other answer
 * follows.
 */
export type PeerAnswer =
  | { readonly type: 'hello'; readonly info: PeerInfo }
  | ReadyAnswer
  | BurstAnswer
  | ProfileAnswer
  | { readonly type: 'failed'; readonly reason: string }
