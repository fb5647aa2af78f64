import type { EpochFigures } from './run-result.js'
import type { Checkpoint } from './checkpoint.js'

/** Before the first step. */
export interface StartEvent {
  readonly type: 'start'
  readonly epochs: number
  readonly stepsPerEpoch: number
  /** In the training set. */
  readonly samples: number
  /** Where a checkpoint goes on: the epoch, from 1, and the steps already done in it. */
  readonly resumedAt?: { readonly epoch: number; readonly stepInEpoch: number }
}

/** After an update. */
export interface StepEvent {
  readonly type: 'step'
  /** From 1. */
  readonly epoch: number
  /** From 1 in the epoch. */
  readonly step: number
  readonly stepsPerEpoch: number
  /** Mean over the batch, before the update. */
  readonly loss: number
  readonly correct: number
  /** Of the batch. */
  readonly size: number
  /** Of this step. */
  readonly learningRate: number
}

/** Every so many steps, when asked for. */
export interface CheckpointEvent {
  readonly type: 'checkpoint'
  readonly checkpoint: Checkpoint
}

/** After an epoch's steps and its validation. */
export interface EpochEvent {
  readonly type: 'epoch'
  readonly figures: EpochFigures
  /**
   * The state between this epoch and the next.
   *
   * @throws Error when training has gone on meanwhile
   */
  readonly checkpoint: () => Promise<Checkpoint>
}

/** The last event. */
export interface EndEvent {
  readonly type: 'end'
  readonly reason: 'completed' | 'aborted' | 'stopped-early'
  /** Of all epochs, those before a resumption too. */
  readonly epochs: readonly EpochFigures[]
  /** From here the run goes on, after an abort in the middle of an epoch too. */
  readonly checkpoint: Checkpoint
}

export type FitEvent = StartEvent | StepEvent | CheckpointEvent | EpochEvent | EndEvent
