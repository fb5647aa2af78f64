import { join, resolve } from 'node:path'
import type { PlannedRun } from '../plan.js'
import type { StudySettings } from '../schema.js'
import { type FromJob, type Job, runJob } from './job.js'
import { keepStudy, resolvedSettings, type RunState, stateOfRun } from './study-folder.js'

/** Receives what happens while a study is trained. */
export interface StudyView {
  /** Is called once, before the first run. */
  readonly start: (states: ReadonlyMap<PlannedRun, RunState>) => void
  readonly begin: (run: PlannedRun, runsAtOnce: number) => void
  readonly hear: (run: PlannedRun, message: FromJob) => void
}

/** A study that is to be trained. */
export interface Study {
  readonly directory: string
  readonly settings: StudySettings
  readonly plan: readonly PlannedRun[]
  /** Says how many runs that are not timed may train at the same time. */
  readonly jobs: number
  /** Whether a run may resume with another build than it began with. @default false */
  readonly allowOtherBuild?: boolean
}

/**
 * Trains all runs that are not finished; the caller has locked the study's folder. The order is:
 * first the timed runs one by one, then the others, several
 * at a time.
 *
 * @returns whether all runs are finished; false if the study was interrupted and can be continued
 * @throws InputError if a run cannot be trained; the other runs are stopped and keep checkpoints
 */
export async function runStudy(
  study: Study,
  view: StudyView,
  signal: AbortSignal,
): Promise<boolean> {
  const { plan, jobs } = study
  // Paths are kept absolute, so that the study can be continued from another working directory.
  const directory = resolve(study.directory)
  const settings = resolvedSettings(study.settings)
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
    const job: Job = {
      ...common,
      run,
      directory: join(directory, run.directory),
      resume: states.get(run) === 'begun',
      runsAtOnce,
      ...(study.allowOtherBuild === undefined ? {} : { allowOtherBuild: study.allowOtherBuild }),
    }
    await runJob(job, (message) => view.hear(run, message), anyStop)
  }
  /**
   * Trains several runs at a time. If one fails it stops the others, waits for them, and throws the
   * failure.
   */
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
