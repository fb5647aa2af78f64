// The process that trains one run of a study. A process per run keeps results independent of other
// runs, and uses all cores.
import { isInputError } from '@mnist-lab/core'
import { initialWeights } from '@mnist-lab/models'
import { DivergedError } from '@mnist-lab/train'
import {
  chooseBackend,
  continuedRun,
  createRun,
  evaluateRun,
  evaluationSource,
  readRun,
  runTraining,
  type Training,
} from '@mnist-lab/train/node'
import { loadDataset } from '@mnist-lab/data/node'
import type { TrainingView } from '@mnist-lab/train/node'
import type { FromJob, Job, ToJob } from './job.js'

/** The least time between two messages about steps, in milliseconds. */
const INTERVAL = 200

const stop = new AbortController()
// The parent process receives Ctrl-C too and sends `stop`. If the parent is gone, nobody needs the
// result.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
process.on('disconnect', () => stop.abort())
process.on('message', (message: ToJob) => {
  if (message.type === 'stop') stop.abort()
  else void run(message.job)
})

async function run(job: Job): Promise<void> {
  try {
    const { status } = await runTraining(await training(job), view(), stop.signal)
    if (status === 'interrupted') return tell({ type: 'interrupted' })
    await evaluateRun(job.directory, evaluationSource(job, stop.signal))
    tell({ type: 'finished' })
  } catch (error) {
    if (stop.signal.aborted && error === stop.signal.reason) return tell({ type: 'interrupted' })
    if (error instanceof DivergedError) return tell({ type: 'diverged', text: error.details.where })
    if (!isInputError(error)) throw error
    const { cause: _, ...details } = error.details
    tell({ type: 'refused', details })
  } finally {
    process.disconnect?.()
  }
}

async function training({
  run,
  directory,
  epochs,
  resume,
  limit,
  data,
  runsAtOnce,
  ...choice
}: Job): Promise<Training> {
  if (resume) {
    const before = (await readRun(directory))?.environment['runsAtOnce']
    // The report needs the largest number of runs that ever trained beside this one.
    const most = Math.max(runsAtOnce, typeof before === 'number' ? before : 1)
    return { ...(await continuedRun(directory, choice)), environment: { runsAtOnce: most } }
  }
  return {
    spec: run.spec,
    plan: run.plan,
    epochs,
    weights: initialWeights(run.spec, { seed: run.seed, scheme: 'pytorch' }),
    initialWeights: 'pytorch',
    ...(await loadDataset(data, { limit })),
    ...(data === undefined ? {} : { dataDirectory: data }),
    ...(await chooseBackend(choice)),
    environment: { runsAtOnce },
    folder: () => createRun(directory),
  }
}

function view(): TrainingView {
  let told = Number.NEGATIVE_INFINITY
  return {
    start() {},
    end() {},
    clear() {},
    warn: (text) => tell({ type: 'warning', text }),
    event(event) {
      if (event.type === 'epoch') tell({ type: 'epoch', figures: event.figures })
      if (event.type !== 'step') return
      const { epoch, step, stepsPerEpoch } = event
      if (step < stepsPerEpoch && performance.now() - told < INTERVAL) return
      told = performance.now()
      tell({ type: 'steps', done: (epoch - 1) * stepsPerEpoch + step, stepsPerEpoch })
    },
  }
}

function tell(message: FromJob): void {
  // If the parent process is gone, nobody reads the message.
  if (process.connected) process.send!(message)
}
