import type { TrainingPlan } from '@mnist-lab/backends'
import { type Dataset, fetchMnist, take } from '@mnist-lab/data'
import { initialWeights, modelByName, type ModelSpec, type Weights } from '@mnist-lab/models'
import {
  type Checkpoint,
  checkSamples,
  type OpenedRun,
  type RunResult,
  TrainError,
} from '@mnist-lab/train'
import { DATA_CACHE, type RunSettings } from '../messages.ts'

/** Both parts of MNIST. */
export type Mnist = { readonly train: Dataset; readonly test: Dataset }

/** Everything that a run needs to start or to continue: the data, the model and the plan. */
export interface RunStart {
  readonly spec: ModelSpec
  readonly plan: TrainingPlan
  readonly weights: Weights
  readonly epochs: number
  readonly train: Dataset
  readonly test: Dataset
  readonly initialWeights: RunResult['initialWeights']
  readonly checkpoint?: Checkpoint
  /** The `run.json` of a run that was opened. */
  readonly before?: RunResult
  readonly status?: RunResult['status']
}

/**
 * Loads MNIST from the page's own site and keeps it in a cache for the next time, also without a
 * network.
 */
export async function loadMnist(
  dataUrl: string,
  onProgress: (bytes: number, total: number) => void,
): Promise<Mnist> {
  const cache = await openCache()
  return fetchMnist({
    url: (file) => `${dataUrl}${file}.gz`,
    onProgress,
    ...(cache === undefined ? {} : { cache }),
  })
}

/**
 * Opens the cache. Returns undefined if there is none, as in some private windows; the data then
 * comes from the network each time.
 */
async function openCache(): Promise<Cache | undefined> {
  if (typeof caches === 'undefined') return undefined
  return caches.open(DATA_CACHE).catch(() => undefined)
}

/** Returns the start of a new run with the user's settings. */
export function newRun(settings: RunSettings, { train, test }: Mnist): RunStart {
  const { model, batchSize, learningRate, momentum, loss, seed, epochs, images } = settings
  const entry = modelByName(model)
  const spec = entry.create()
  return {
    spec,
    plan: {
      loss,
      batchSize,
      seed,
      optimizer: { learningRate, momentum, weightDecay: entry.weightDecay },
    },
    epochs,
    weights: initialWeights(spec, { seed, scheme: 'pytorch' }),
    initialWeights: 'pytorch',
    train: take(train, images),
    test,
  }
}

/**
 * Returns the start of a run that was opened from its files.
 *
 * @throws TrainError when the run was trained on other data than MNIST, its model does not fit
 * MNIST, or it took validation images from the training images
 */
export function openedRun(
  { run, spec, weights, checkpoint }: OpenedRun,
  { train, test }: Mnist,
): RunStart {
  if (run.dataset.name !== train.name) {
    throw new TrainError({
      where: 'run.json',
      what: 'the run was trained on other data',
      expected: train.name,
      got: run.dataset.name,
      hint: 'open it in Node.js with `mnist evaluate` or `mnist train --resume`, and --data',
    })
  }
  if (run.dataset.validationFrom !== undefined) {
    throw new TrainError({
      where: 'run.json',
      what: 'the run took its validation images from the training images, which this page cannot do',
      hint: 'open it in Node.js with `mnist evaluate` or `mnist train --resume`',
    })
  }
  checkSamples(spec, test)
  return {
    spec,
    plan: run.plan,
    weights,
    epochs: run.epochsPlanned,
    train: take(train, run.dataset.trainSamples),
    test,
    status: run.status,
    initialWeights: run.initialWeights,
    before: run,
    ...(checkpoint === undefined ? {} : { checkpoint }),
  }
}
