import type { StudySettings } from '../study-result.js'
import { join } from 'node:path'
import type { FromJob } from './job.js'
import { runJob } from './run-job.js'
import { keepStudy, type RunState, stateOfRun } from './study-folder.js'
import type { PlannedRun } from '../study-plan.js'

/** What happens while a study runs. */
export interface StudyView {
  /** Once, before the first run. */
  readonly start: (states: ReadonlyMap<PlannedRun, RunState>) => void
  readonly begin: (run: PlannedRun, runsAtOnce: number) => void
  readonly hear: (run: PlannedRun, message: FromJob) => void
}

export interface Study {
  /** Absolute. */
  readonly directory: string
  readonly settings: StudySettings
  readonly plan: readonly PlannedRun[]
  /** Runs at once, where nothing is timed. */
  readonly jobs: number
}

/**
 * Trains what is not trained yet: the timed runs one by one, then the others, several at a time.
 *
 * @returns whether all are trained; false when interrupted, with checkpoints to go on from
 * @throws InputError when a run cannot be trained; those beside it are stopped as by Ctrl-C
 */
export async function runStudy(
  { directory, settings, plan, jobs }: Study,
  view: StudyView,
  signal: AbortSignal,
): Promise<boolean> {
  const states = new Map<PlannedRun, RunState>()
  for (const run of plan) states.set(run, await stateOfRun(directory, run, settings))
  const left = plan.filter((run) => states.get(run) !== 'finished')
  if (left.length > 0) await keepStudy(directory, settings, plan, 'running')
  view.start(states)
  const failure = new AbortController()
  const anyStop = AbortSignal.any([signal, failure.signal])
  const { seeds: _, ablationSeeds: _ablation, ...common } = settings
  const train = async (run: PlannedRun, runsAtOnce: number): Promise<void> => {
    view.begin(run, runsAtOnce)
    const job = {
      ...common,
      run,
      directory: join(directory, run.directory),
      resume: states.get(run) === 'begun',
      runsAtOnce,
    }
    await runJob(job, (message) => view.hear(run, message), anyStop)
  }
  /** Stops them all at the first that fails, and throws that failure when they have stopped. */
  const trainAll = async (runs: readonly PlannedRun[], atOnce: number): Promise<void> => {
    const queue = [...runs]
    const ends = await Promise.allSettled(
      Array.from({ length: Math.min(atOnce, runs.length) }, async () => {
        try {
          for (let run = queue.shift(); run !== undefined && !anyStop.aborted; run = queue.shift())
            await train(run, atOnce)
        } catch (error) {
          failure.abort()
          throw error
        }
      }),
    )
    for (const end of ends) if (end.status === 'rejected') throw end.reason
  }
  let completed = false
  try {
    await trainAll(
      left.filter(({ timed }) => timed),
      1,
    )
    const others = left.filter(({ timed }) => !timed)
    await trainAll(others, Math.min(jobs, others.length))
    completed = !signal.aborted
  } finally {
    await keepStudy(directory, settings, plan, completed ? 'completed' : 'interrupted')
  }
  return completed
}
