// The messages between the bench and a remote engine: the backends in a program that has no
// modules, no files, or no clock. The bench sends a request as one line of JSON and gets one line
// back. Tensors, images and losses are the base64 of their bytes, so that they keep every bit.

import type { MemoryUse, Probe, SessionInfo, TrainingPlan } from '@mnist-lab/backends'
import type { ModelSpec } from '@mnist-lab/models'

/** The calls of a trainer that work on a batch of samples. */
export type BatchCall = 'step' | 'evaluate'

/** A tensor in a message. */
interface SentTensor {
  readonly name: string
  readonly shape: readonly number[]
  /** The base64 of its float32 numbers. */
  readonly data: string
}

/** A trainer's state in a message: lists of the base64 of tensors, in the order of the weights. */
export interface SentState {
  readonly weights: readonly string[]
  /** What the optimizer keeps for every weight, by the name of the list. */
  readonly optimizer: Readonly<Record<string, readonly string[]>>
  readonly step: number
}

/** A request to a remote engine. */
export type RemoteRequest =
  /** Does nothing. The time of its answer is that of any message. */
  | { readonly type: 'nothing' }
  | { readonly type: 'probe'; readonly backend: string }
  | { readonly type: 'open'; readonly backend: string; readonly threads?: number }
  | {
      readonly type: 'compile'
      readonly spec: ModelSpec
      readonly plan: TrainingPlan
      readonly weights: readonly SentTensor[]
    }
  /** Adds a batch to those that the next `run` works on. The first one replaces them. */
  | {
      readonly type: 'batch'
      readonly first: boolean
      readonly labels: readonly number[]
      readonly pixels: number
      readonly images: string
    }
  /** Adds images to those that the next `predict` works on. The first ones replace them. */
  | { readonly type: 'images'; readonly first: boolean; readonly images: string }
  /** Does a call for each of the batches, one after the other. */
  | {
      readonly type: 'run'
      readonly trainer: number
      readonly call: BatchCall
      readonly learningRate?: number
    }
  /** Predicts each of the images, one after the other. */
  | { readonly type: 'predict'; readonly trainer: number }
  | { readonly type: 'save'; readonly trainer: number }
  | { readonly type: 'load'; readonly trainer: number; readonly state: SentState }
  | { readonly type: 'dispose'; readonly trainer: number }
  | { readonly type: 'close' }

/** What a remote engine answers to each type of request. */
export interface RemoteAnswers {
  readonly nothing: object
  readonly probe: { readonly probe: Probe }
  readonly open: { readonly info: SessionInfo; readonly memory: MemoryUse }
  readonly compile: { readonly trainer: number; readonly memory: MemoryUse }
  readonly batch: object
  readonly images: object
  /** The base64 of the losses as float64 numbers, and the correct samples of each call. */
  readonly run: {
    readonly losses: string
    readonly correct: readonly number[]
    readonly memory: MemoryUse
  }
  /** The base64 of the last prediction's float32 numbers. */
  readonly predict: { readonly outputs: string }
  readonly save: { readonly state: SentState }
  readonly load: object
  readonly dispose: { readonly memory: MemoryUse }
  readonly close: object
}

/** The line that answers a request which failed. */
export interface RemoteFailure {
  readonly failed: string
}
