// One run of a study in a process of its own: the messages, and the side of the program that starts
// the process.
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { InputErrorDetails } from '@mnist-lab/core'
import { UsageError } from '@mnist-lab/terminal'
import type { EpochFigures } from '@mnist-lab/train'
import type { PlannedRun } from '../plan.js'

const PROCESS = fileURLToPath(new URL('./job-process.js', import.meta.url))

/** What a process has to do: train one run to its end and evaluate it. */
export interface Job {
  readonly run: PlannedRun
  /** An absolute path. */
  readonly directory: string
  readonly epochs: number
  /** Whether to continue from the checkpoint in the folder. */
  readonly resume: boolean
  readonly backend: string
  readonly threads?: number
  readonly limit?: number
  /** An absolute path. */
  readonly data?: string
  /** Whether a run may resume with another build than it began with. */
  readonly allowOtherBuild?: boolean
  /** The number of processes of the study, including this one, that may train at the same time. */
  readonly runsAtOnce: number
}

/** The messages to the process. */
export type ToJob = { readonly type: 'begin'; readonly job: Job } | { readonly type: 'stop' }

/** The messages from the process. */
export type FromJob =
  /** `done` counts all steps of the run, including those before it was resumed. */
  | { readonly type: 'steps'; readonly done: number; readonly stepsPerEpoch: number }
  | { readonly type: 'epoch'; readonly figures: EpochFigures }
  /** A problem that does not stop the run. */
  | { readonly type: 'warning'; readonly text: string }
  | { readonly type: 'finished' }
  /** The loss became infinite or not a number. This is a result of the study as well. */
  | { readonly type: 'diverged'; readonly text: string }
  | { readonly type: 'interrupted' }
  /** A problem that the user can fix. */
  | { readonly type: 'refused'; readonly details: Omit<InputErrorDetails, 'cause'> }

/**
 * Runs a job in a process of its own and waits until the process has ended.
 *
 * @param hear receives every message of the process
 * @param signal stops the run between two steps and keeps a checkpoint
 * @returns whether the run came to its end; false if it was stopped
 * @throws InputError for a problem that the user can fix, and if the system ended the process
 * @throws Error if the process crashed
 */
export function runJob(
  job: Job,
  hear: (message: FromJob) => void,
  signal: AbortSignal,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = fork(PROCESS, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    let last: FromJob | undefined
    const send = (message: ToJob) => {
      // A process that is ending has closed its channel; the event `close` tells how it ended.
      if (child.connected) child.send(message, () => {})
    }
    const stop = () => send({ type: 'stop' })
    signal.addEventListener('abort', stop)
    child.on('message', (message: FromJob) => {
      last = message
      hear(message)
    })
    child.on('error', reject)
    child.on('close', (code, killed) => {
      signal.removeEventListener('abort', stop)
      if (last?.type === 'refused')
        reject(
          new UsageError({ ...last.details, where: `${job.run.directory}: ${last.details.where}` }),
        )
      else if (last?.type === 'finished' || last?.type === 'diverged') resolve(true)
      else if (last?.type === 'interrupted' || signal.aborted) resolve(false)
      else if (killed !== null)
        reject(
          new UsageError({
            where: job.run.directory,
            what: `its process was ended by ${killed}, perhaps because memory ran out`,
            hint: 'run the command again, with fewer --jobs; what was saved is kept',
          }),
        )
      else reject(new Error(`the process of ${job.run.directory} ended with ${code}`))
    })
    send({ type: 'begin', job })
    if (signal.aborted) stop()
  })
}
