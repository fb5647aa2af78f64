import { initialWeights } from '@mnist-lab/models'
import { chooseBackend, createRun, type Training } from '@mnist-lab/train/node'
import { join, resolve } from 'node:path'
import { loadMnist } from '@mnist-lab/data/node'
import { loadModel } from '../load-model.js'
import { parseSchedule, type TrainFlags } from './train-flags.js'

/** The study's set-up, where the user says nothing. */
const DEFAULTS = { epochs: 10, batch: 32, lr: 0.01, momentum: 0.9, seed: 1 }

/**
 * A run from the beginning.
 *
 * @throws InputError for a model, backend, flag or dataset that does not do
 */
export async function freshRun(model: string, flags: TrainFlags): Promise<Training> {
  const { epochs, batch, lr, momentum, seed } = { ...DEFAULTS, ...flags }
  const { spec, weightDecay } = await loadModel(model)
  const schedule = flags.schedule === undefined ? undefined : parseSchedule(flags.schedule, epochs)
  const choice = await chooseBackend(flags)
  const scheme = flags.initialWeights ?? 'pytorch'
  return {
    spec,
    plan: {
      loss: flags.loss ?? 'softmaxCrossEntropy',
      optimizer: { learningRate: lr, momentum, weightDecay: flags.weightDecay ?? weightDecay },
      batchSize: batch,
      seed,
    },
    weights: initialWeights(spec, { seed, scheme }),
    initialWeights: scheme,
    epochs,
    ...(schedule === undefined ? {} : { schedule }),
    ...(flags.patience === undefined
      ? {}
      : { earlyStopping: { monitor: 'loss', patience: flags.patience } }),
    ...(flags.checkpointEvery === undefined ? {} : { checkpointEvery: flags.checkpointEvery }),
    ...(await loadMnist({ directory: flags.data, limit: flags.limit })),
    ...(flags.data === undefined ? {} : { dataDirectory: resolve(flags.data) }),
    ...choice,
    folder: () => createRun(flags.out ?? join('runs', spec.name)),
  }
}
