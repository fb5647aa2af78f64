import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { UsageError } from '@mnist-lab/terminal'
import type { FromJob, Job, ToJob } from './job.js'

const CHILD = fileURLToPath(new URL('./job-child.js', import.meta.url))

/**
 * Does a job in a process of its own, and stays until that has ended.
 *
 * @param hear everything that it tells
 * @param signal stops it between two steps, with a checkpoint
 * @returns whether it came to its end; false when it was stopped
 * @throws InputError for what the user can fix, Error when the process broke down
 */
export function runJob(
  job: Job,
  hear: (message: FromJob) => void,
  signal: AbortSignal,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = fork(CHILD, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    let last: FromJob | undefined
    const send = (message: ToJob) => {
      // One that is ending has closed its end; how it ended comes with `close`.
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
      else reject(new Error(`the process of ${job.run.directory} ended with ${killed ?? code}`))
    })
    send({ type: 'begin', job })
    if (signal.aborted) stop()
  })
}
