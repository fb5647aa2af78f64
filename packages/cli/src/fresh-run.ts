import { loadDataset } from '@mnist-lab/data/node'
import { initialWeights } from '@mnist-lab/models'
import { safeFileName } from '@mnist-lab/core'
import { type Terminal, UsageError } from '@mnist-lab/terminal'
import {
  constant,
  cosine,
  exponentialDecay,
  oneCycle,
  type ScheduleSpec,
  splitValidation,
  stepDecay,
} from '@mnist-lab/train'
import { chooseBackend, createRun, type Training } from '@mnist-lab/train/node'
import { join, resolve } from 'node:path'
import { checkBatch } from './commands/command.js'
import { namedData, withProgress } from './data-options.js'
import { loadModel } from './named-model.js'
import { DEFAULTS, type TrainFlags } from './train-flags.js'

/**
 * Prepares a run from the beginning.
 *
 * @throws InputError when the model, the backend, a flag or the data is wrong
 */
export async function freshRun(
  model: string,
  flags: TrainFlags,
  terminal: Pick<Terminal, 'err' | 'signal'>,
): Promise<Training> {
  const { epochs, batch, lr, momentum, seed } = { ...DEFAULTS, ...flags }
  if (flags.nesterov === true && momentum === 0) {
    throw new UsageError({
      where: '--nesterov',
      expected: 'a momentum above 0',
      got: '--momentum 0',
      hint: 'leave out --nesterov, or give another momentum',
    })
  }
  // A wrong name or file is reported before the data is read.
  await loadModel(model)
  const schedule = flags.schedule === undefined ? undefined : parseSchedule(flags.schedule, epochs)
  const choice = await chooseBackend(flags)
  const { path, reading } = await namedData(flags, terminal)
  const { train, test, firstLabel, transposed } = await withProgress(
    path ?? 'MNIST',
    terminal,
    (options) => loadDataset(path, { ...options, ...reading, limit: flags.limit }),
  )
  const { spec, weightDecay } = await loadModel(model, train.classNames.length)
  const data =
    flags.validation === undefined
      ? { train, test }
      : { ...splitValidation(train, flags.validation, seed), test }
  checkBatch(flags.batch, data.train)
  const scheme = flags.initialWeights ?? 'pytorch'
  return {
    spec,
    plan: {
      loss: flags.loss ?? 'softmaxCrossEntropy',
      optimizer: {
        learningRate: lr,
        momentum,
        weightDecay: flags.weightDecay ?? weightDecay,
        ...(flags.nesterov === true ? { nesterov: true } : {}),
      },
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
    ...data,
    firstLabel,
    transposed,
    ...(path === undefined ? {} : { dataDirectory: resolve(path) }),
    ...choice,
    folder: () => createRun(flags.out ?? join('runs', safeFileName(spec.name, 'model'))),
  }
}

/**
 * Parses the schedule of a flag, such as `cosine:1` and `step:3:0.5`.
 *
 * @param epochs the number of epochs of the run, which is the length of a cosine and of a
 *   one-cycle schedule
 * @throws UsageError when the text is not a schedule. The range of its numbers is checked when
 *   training begins.
 */
function parseSchedule(text: string, epochs: number): ScheduleSpec {
  const [type, ...parameters] = text.split(':')
  const numbers = parameters.map((parameter) =>
    parameter.trim() === '' ? Number.NaN : Number(parameter),
  )
  const [first, second, third] = numbers
  const given = `${type} ${numbers.length}`
  if (!numbers.some(Number.isNaN)) {
    if (given === 'constant 0') return constant()
    if (given === 'cosine 0') return cosine({ epochs })
    if (given === 'cosine 1') return cosine({ epochs, warmup: first! })
    if (given === 'step 2') return stepDecay({ every: first!, factor: second! })
    if (given === 'exponential 1') return exponentialDecay({ factor: first! })
    if (type === 'one-cycle' && numbers.length <= 3) {
      return oneCycle({
        epochs,
        ...(first === undefined ? {} : { pctStart: first }),
        ...(second === undefined ? {} : { divFactor: second }),
        ...(third === undefined ? {} : { finalDivFactor: third }),
      })
    }
  }
  throw new UsageError({
    where: '--schedule',
    expected:
      'constant, cosine, cosine:WARMUP, one-cycle, one-cycle:PCT_START:DIV_FACTOR:FINAL_DIV_FACTOR, step:EPOCHS:FACTOR or exponential:FACTOR',
    got: text,
    hint: 'correct the flag',
  })
}
