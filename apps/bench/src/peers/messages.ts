import type { ModelSpec } from '@mnist-lab/models'

/**
 * What a peer is asked, a line of JSON each, over its stdin; between requests it is blocked. Files are in a folder that
 * the parent removes.
 */
export type PeerRequest = PrepareRequest | BurstRequest

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

/** Steps until both have been reached. */
export interface Budget {
  readonly minSteps: number
  readonly seconds: number
}

/** What really runs. */
export interface PeerInfo {
  readonly versions: Readonly<Record<string, string>>
  readonly threads: number
  /** Instruction set, BLAS and the like, in words. */
  readonly details: string
}

export interface BurstAnswer { readonly type: 'burst'; readonly samplesMs: readonly number[] }

/** A line of JSON each, over stdout: `hello` unasked, then one answer a request. After `failed` there is no other. */
export type PeerAnswer =
  | { readonly type: 'hello'; readonly info: PeerInfo }
  | { readonly type: 'ready'; readonly losses: readonly number[] }
  | BurstAnswer
  | { readonly type: 'failed'; readonly reason: string }
