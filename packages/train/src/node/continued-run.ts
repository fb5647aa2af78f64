import {
  BackendError,
  BACKENDS,
  type Choice,
  type Session,
  type SessionInfo,
} from '@mnist-lab/backends'
import { availableBackend } from '@mnist-lab/backends/node'
import { javaScriptRuntime, runtimeText } from '@mnist-lab/core/node'
import { resolve } from 'node:path'
import { dataOfRun } from '../run-data.js'
import { backendOf } from '../run-files.js'
import type { RunResult } from '../run-schema.js'
import { buildText, engineOf, isSameBuild } from '../same-build.js'
import { TrainError } from '../train-error.js'
import { loadDataOfRun } from './data-of-run.js'
import { openRun, resumeRun } from './run-folder.js'
import type { Training } from './run-training.js'
import { type BackendChoice, chooseBackend } from './trained-model.js'

/** The settings that may change when a run resumes. */
export interface ResumeOptions extends BackendChoice {
  /**
   * The number of epochs of the whole run, including those that are done.
   *
   * @default as many as were planned
   */
  readonly epochs?: number
  readonly checkpointEvery?: number
  /**
   * Whether the run may go on with another backend, build or number of threads than it began with.
   * Its `run.json` then says so.
   *
   * @default false
   */
  readonly allowOtherBuild?: boolean
  /** The folder or the file with the run's data. @default what the run began with */
  readonly data?: string | undefined
}

/**
 * Prepares a run to resume from its checkpoint, in the same folder and with the same images.
 *
 * @throws InputError when the folder has no run or no checkpoint, or the run has no epochs left.
 *   The backend throws it when it is opened and is not the build that the run began with
 */
export async function continuedRun(directory: string, flags: ResumeOptions): Promise<Training> {
  const { run, spec, weights, checkpoint } = await openRun(directory)
  if (checkpoint === undefined) {
    throw new TrainError({
      where: directory,
      what: 'there is no checkpoint to resume from',
      hint: 'train again from the beginning',
    })
  }
  const epochs = flags.epochs ?? run.epochsPlanned
  if (run.status === 'stopped-early') {
    throw new TrainError({
      where: directory,
      what: 'the run stopped early and cannot be resumed',
      hint: 'train again from the beginning with a larger --patience',
    })
  }
  const done = checkpoint.history.length
  // A run that was killed after its last epoch still has to be marked as completed.
  if (done > epochs || (done === epochs && run.status === 'completed')) {
    throw new TrainError({
      where: directory,
      what: `the run has finished ${done} ${done === 1 ? 'epoch' : 'epochs'}`,
      expected: `--epochs of ${done + 1} or more`,
      got: String(epochs),
      hint: 'give the number of epochs of the whole run',
    })
  }
  const given = flags.data ?? run.dataset.directory
  // Absolute, because the path is kept in run.json and later commands may run in another folder.
  const data = given === undefined ? undefined : resolve(given)
  const loaded = await loadDataOfRun(run.dataset, data)
  return {
    spec,
    plan: checkpoint.plan,
    weights,
    initialWeights: run.initialWeights,
    epochs,
    ...(flags.checkpointEvery === undefined ? {} : { checkpointEvery: flags.checkpointEvery }),
    ...dataOfRun(run, loaded),
    firstLabel: loaded.firstLabel,
    transposed: loaded.transposed,
    ...(data === undefined ? {} : { dataDirectory: data }),
    ...(await backendOfRun(directory, run, flags)),
    resume: checkpoint,
    before: run,
    folder: () => resumeRun(directory, checkpoint),
  }
}

/**
 * Finds the backend that the run began with, in the same build and with the same threads, or the
 * one that the user asked for. The session that it opens is checked.
 *
 * @throws TrainError when it is not available, unless another build is allowed
 */
async function backendOfRun(
  directory: string,
  run: RunResult,
  flags: ResumeOptions,
): Promise<Choice> {
  const recorded = run.backend
  const allowed = flags.allowOtherBuild === true
  const name = flags.backend ?? recorded.backend
  const threads = flags.threads ?? recorded.threads
  const isSameEngine = engineNamed(name) === engineOf(recorded)
  const build = (['relaxed', 'simd128', 'scalar'] as const).find((known) => known === recorded.simd)
  let same: Choice
  try {
    same = await availableBackend(name, {
      threads,
      ...(isSameEngine && build !== undefined ? { build } : {}),
    })
  } catch (cause) {
    if (flags.backend !== undefined || !(cause instanceof BackendError)) throw cause
    if (allowed) return chooseBackend(flags)
    throw otherBuild(directory, run, cause)
  }
  const { backend } = same
  return {
    backend: {
      name: backend.name,
      probe: () => backend.probe(),
      async open() {
        let session: Session
        try {
          session = await backend.open()
        } catch (cause) {
          if (!(cause instanceof BackendError)) throw cause
          if (!allowed) throw otherBuild(directory, run, cause)
          return (await chooseBackend({ ...flags, backend: name, threads })).backend.open()
        }
        if (allowed || isSameBuild(recorded, backendOf(session.info))) return session
        await session.close()
        throw otherBuild(directory, run, session.info)
      },
    },
    why: flags.backend === undefined ? `${backend.name}, with which the run began` : same.why,
  }
}

/** Returns the name of the engine of a backend's name. */
function engineNamed(name: string): string {
  return BACKENDS.find((known) => known.name === name)?.variant?.of ?? name
}

/** @param got what would run, or the reason why nothing does */
function otherBuild(
  directory: string,
  { backend: recorded, environment: { runtime } }: RunResult,
  got: BackendError | SessionInfo,
): TrainError {
  return new TrainError({
    where: directory,
    what: 'the run cannot go on as it began, so its results would be others',
    // A page has no name for its runtime, and earlier versions wrote none.
    expected: `${buildText(recorded)}${runtime === undefined ? '' : ` in ${runtime}`}`,
    got:
      got instanceof BackendError
        ? (got.details.what ?? got.message)
        : `${buildText(got)} in ${runtimeText(javaScriptRuntime())}`,
    hint: 'resume it where it began, or add --allow-other-build, which is recorded in run.json',
    ...(got instanceof BackendError ? { cause: got } : {}),
  })
}
