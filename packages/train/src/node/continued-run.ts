import { BACKEND_NAMES } from '@mnist-lab/backends/node'
import { WEB_BACKEND_NAMES } from '@mnist-lab/backends/web'
import { loadMnist } from '@mnist-lab/data/node'
import { resolve } from 'node:path'
import { dataOfRun } from '../run-data.js'
import { TrainError } from '../train-error.js'
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
  /** A folder with the run's data. @default the folder that the run began with */
  readonly data?: string | undefined
}

/**
 * Prepares a run to resume from its checkpoint, in the same folder and with the same images.
 *
 * @throws InputError when the folder has no run or no checkpoint, or the run has no epochs left
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
  return {
    spec,
    plan: checkpoint.plan,
    weights,
    initialWeights: run.initialWeights,
    epochs,
    ...(flags.checkpointEvery === undefined ? {} : { checkpointEvery: flags.checkpointEvery }),
    ...dataOfRun(run, await loadMnist({ directory: data })),
    ...(data === undefined ? {} : { dataDirectory: data }),
    ...(await backendOfRun(run.backend.backend, flags)),
    resume: checkpoint,
    folder: () => Promise.resolve(resumeRun(directory)),
  }
}

/** Finds the backend that the user asked for, or else the one that the run began with. */
async function backendOfRun(
  recorded: string,
  flags: BackendChoice,
): Promise<Awaited<ReturnType<typeof chooseBackend>>> {
  if (flags.backend !== undefined || runsOnlyInBrowsers(recorded)) return chooseBackend(flags)
  const { backend } = await chooseBackend(flags, recorded)
  return { backend, why: `${backend.name}, with which the run began` }
}

/**
 * Returns whether a backend is one that only browsers have, such as WebGL. Its runs resume with
 * another backend here.
 */
function runsOnlyInBrowsers(backend: string): boolean {
  return WEB_BACKEND_NAMES.includes(backend) && !BACKEND_NAMES.includes(backend)
}
