import type { ModelSpec } from '@mnist-lab/models'

/** The version of the messages here. docs/peers.md describes them for other languages. */
export const PEER_PROTOCOL = 1

/**
 * What a peer is asked, as one line of JSON on its stdin. Between requests it waits. Files are in a folder that the parent
 * removes.
 */
export type PeerRequest = OpenRequest | PrepareRequest | BurstRequest | ProfileRequest

/** The first request: start the engine. */
export interface OpenRequest {
  readonly type: 'open'
  readonly protocol: typeof PEER_PROTOCOL
  /** Absent: the engine chooses. */
  readonly threads?: number
}

/** Build the model, make the steps for parity on a copy of it, and warm up. Batches come in the order of the files. */
export interface PrepareRequest {
  readonly type: 'prepare'
  readonly spec: ModelSpec
  /** The same model without dropout, whose masks no two engines share. */
  readonly paritySpec: ModelSpec
  readonly paritySteps: number
  readonly batchSize: number
  readonly learningRate: number
  readonly momentum: number
  readonly weightDecay: number
  readonly seed: number
  /** The file of initial weights: float32 numbers, tensor after tensor, in the order and layout of PyTorch's `parameters()`. */
  readonly weights: string
  /** The file that a peer may write its weights to after the steps for parity, in the same order and layout. */
  readonly weightsOut?: string
  /** The file of pixel bytes [count, height, width, channels]. */
  readonly images: string
  /** The file of label bytes [count]. */
  readonly labels: string
  readonly warmup: StepsBudget
}

/** Time steps, each by itself. The steps of the warm-up are thrown away. */
interface BurstRequest {
  readonly type: 'burst'
  readonly warmup: StepsBudget
  readonly timed: StepsBudget
}

/** Time the phases of steps. Only peers whose `hello` says that they can do it are asked. */
interface ProfileRequest {
  readonly type: 'profile'
  readonly timed: StepsBudget
}

/** Make steps until `minSteps` and `seconds` have both been reached, but at most `maxSteps`. */
export interface StepsBudget {
  readonly minSteps: number
  readonly seconds: number
  readonly maxSteps?: number
}

/** What a peer says of itself. */
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
  /** The time of building the model, and of the first step, where the peer tells. */
  readonly compileMs?: number
  readonly firstStepMs?: number
  /** Replaces the details of `hello`, where what runs depends on the model. */
  readonly details?: string
}

/** The answer to a burst request. */
export interface BurstAnswer {
  readonly type: 'burst'
  readonly samplesMs: readonly number[]
  /** The processor time of the whole process over the timed steps, where the peer tells. */
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

/** What a peer answers, as one line of JSON on its stdout for each request. `failed` is the last answer. */
export type PeerAnswer =
  | { readonly type: 'hello'; readonly info: PeerInfo }
  | ReadyAnswer
  | BurstAnswer
  | ProfileAnswer
  | { readonly type: 'failed'; readonly reason: string }
