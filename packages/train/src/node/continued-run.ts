import { BACKEND_NAMES } from '@mnist-lab/backends/node'
import { WEB_BACKEND_NAMES } from '@mnist-lab/backends/web'
import { openRun, resumeRun } from './run-folder.js'
import { loadMnist } from '@mnist-lab/data/node'
import { type BackendChoice, chooseBackend } from './trained-model.js'
import { TrainError } from '../train-error.js'
import type { Training } from './training.js'

/** What may differ when a run goes on. */
export interface ResumeOptions extends BackendChoice {
  /** Epochs in all, those before included. @default as many as were planned */
  readonly epochs?: number
  readonly checkpointEvery?: number
  /** A folder with the run's data. @default the folder that the run began with */
  readonly data?: string | undefined
}

/**
 * A run from its checkpoint on, in the same folder.
 *
 * @throws InputError for a folder that is no run's, or has nothing left to do, or a flag that would change the run
 */
export async function continuedRun(directory: string, flags: ResumeOptions): Promise<Training> {
  const { run, spec, weights, checkpoint } = await openRun(directory)
  if (checkpoint === undefined) {
    throw new TrainError({
      where: directory,
      what: 'there is no checkpoint to go on from',
      hint: 'train anew',
    })
  }
  const epochs = flags.epochs ?? run.epochsPlanned
  if (run.status === 'stopped-early') {
    throw new TrainError({
      where: directory,
      what: 'the run stopped early and is over',
      hint: 'train anew, with more --patience',
    })
  }
  // A run that was killed after its last epoch has yet to say that it is completed.
  if (
    checkpoint.history.length > epochs ||
    (checkpoint.history.length === epochs && run.status === 'completed')
  ) {
    throw new TrainError({
      where: directory,
      what: `${checkpoint.history.length} epochs are done`,
      expected: `--epochs of ${checkpoint.history.length + 1} or more`,
      got: String(epochs),
      hint: 'say how many it shall have in all',
    })
  }
  const data = flags.data ?? run.dataset.directory
  const { train, test } = await loadMnist({ directory: data, limit: checkpoint.samples })
  return {
    spec,
    plan: checkpoint.plan,
    weights,
    initialWeights: run.initialWeights,
    epochs,
    ...(flags.checkpointEvery === undefined ? {} : { checkpointEvery: flags.checkpointEvery }),
    train,
    test,
    ...(data === undefined ? {} : { dataDirectory: data }),
    ...(await chooseBackend(
      flags,
      inBrowsersAlone(run.backend.backend) ? 'auto' : run.backend.backend,
    )),
    resume: checkpoint,
    folder: () => Promise.resolve(resumeRun(directory)),
  }
}

/** WebGL and WebGPU: what a page began with them goes on here with another engine. */
function inBrowsersAlone(backend: string): boolean {
  return WEB_BACKEND_NAMES.includes(backend) && !BACKEND_NAMES.includes(backend)
}
