import type { ModelSpec } from '@mnist-lab/models'

/** Of the messages here, described for other languages in docs/peers.md. */
export const PEER_PROTOCOL = 1

/**
 * What a peer is asked, a line of JSON each, over its stdin; between requests it is blocked. Files are in a folder that
 * the parent removes.
 */
export type PeerRequest = OpenRequest | PrepareRequest | BurstRequest | ProfileRequest

/** The first. */
export interface OpenRequest {
  readonly type: 'open'
  readonly protocol: typeof PEER_PROTOCOL
  /** Absent: as many as the engine likes. */
  readonly threads?: number
}

/** Build the model, do the parity steps on a copy of it, warm up. Batches come in the order of the files. */
export interface PrepareRequest {
  readonly type: 'prepare'
  readonly spec: ModelSpec
  /** The same without dropout, whose masks no two engines share. */
  readonly paritySpec: ModelSpec
  readonly paritySteps: number
  readonly batchSize: number
  readonly learningRate: number
  readonly momentum: number
  readonly weightDecay: number
  readonly seed: number
  /** The weights from `seed`, as float32 numbers, tensor after tensor, in the order and layout of PyTorch's `parameters()`. */
  readonly weights: string
  /** Where a peer that can writes its weights after the parity steps, in the same order and layout. */
  readonly weightsOut?: string
  /** Of pixel bytes [count, height, width, channels]. */
  readonly images: string
  /** Of label bytes [count]. */
  readonly labels: string
  readonly warmup: Budget
}

/** Time steps, each by itself; those of the warm-up are thrown away. */
export interface BurstRequest {
  readonly type: 'burst'
  readonly warmup: Budget
  readonly timed: Budget
}

/** Time the phases of steps. Only peers whose `hello` says that they can are asked. */
export interface ProfileRequest {
  readonly type: 'profile'
  readonly timed: Budget
}

/** Steps until both have been reached, or `maxSteps`. */
export interface Budget {
  readonly minSteps: number
  readonly seconds: number
  readonly maxSteps?: number
}

/** What really runs. */
export interface PeerInfo {
  readonly versions: Readonly<Record<string, string>>
  readonly threads: number
  /** Instruction set, BLAS and the like, in words. */
  readonly details: string
  /** Requests beyond the first three kinds that the peer answers. */
  readonly can?: readonly 'profile'[]
}

export interface ReadyAnswer {
  readonly type: 'ready'
  /** Of the parity steps. */
  readonly losses: readonly number[]
  /** What building the model took, and the first step of all, where the peer tells. */
  readonly compileMs?: number
  readonly firstStepMs?: number
  /** In place of those of `hello`, where the model decides what runs. */
  readonly details?: string
}

export interface BurstAnswer {
  readonly type: 'burst'
  readonly samplesMs: readonly number[]
  /** Of the whole process over the timed steps, where the peer tells. */
  readonly cpuMs?: number
  readonly peakRssBytes?: number
}

export interface ProfileAnswer {
  readonly type: 'profile'
  readonly samplesMs: readonly number[]
  /** Milliseconds of all these steps together. */
  readonly phases: readonly {
    readonly phase: 'data' | 'forward' | 'backward' | 'update' | 'synchronise'
    readonly ms: number
  }[]
}

/** A line of JSON each, over stdout: one answer a request. After `failed` there is no other. */
export type PeerAnswer =
  | { readonly type: 'hello'; readonly info: PeerInfo }
  | ReadyAnswer
  | BurstAnswer
  | ProfileAnswer
  | { readonly type: 'failed'; readonly reason: string }
