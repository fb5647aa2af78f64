import type { EpochFigures } from '@mnist-lab/train'
import type { InputErrorDetails } from '@mnist-lab/core'
import type { PlannedRun } from '../study-plan.js'

/** What a process of its own is asked to do: one run, from where it stands to its evaluation. */
export interface Job {
  readonly run: PlannedRun
  /** Absolute. */
  readonly directory: string
  readonly epochs: number
  readonly resume: boolean
  readonly backend: string
  readonly threads?: number
  readonly limit?: number
  readonly data?: string
  /** Processes of the study that may train at the same time as this one, itself included. */
  readonly runsAtOnce: number
}

/** What the study tells the process. */
export type ToJob = { readonly type: 'begin'; readonly job: Job } | { readonly type: 'stop' }

/** What the process tells the study. */
export type FromJob =
  /** Steps done since the run's beginning, those before a resumption too. */
  | { readonly type: 'steps'; readonly done: number; readonly stepsPerEpoch: number }
  | { readonly type: 'epoch'; readonly figures: EpochFigures }
  /** Something that the run goes on without. */
  | { readonly type: 'warning'; readonly text: string }
  | { readonly type: 'finished' }
  /** Its loss is no longer finite, which is a result too. */
  | { readonly type: 'diverged'; readonly text: string }
  | { readonly type: 'interrupted' }
  /** Something that the user can fix. */
  | { readonly type: 'refused'; readonly details: Omit<InputErrorDetails, 'cause'> }
