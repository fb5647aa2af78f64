import type { Backend, Session, Trainer, TrainingPlan } from '@mnist-lab/backends'
import { batchAt, batches, epochOrder, fileOrder, imagesBetween, type Dataset, type SampleBatch } from '@mnist-lab/data'
import { initialWeights, modelByName } from '@mnist-lab/models'
import type { CellReport, CellRequest, CellTimings, ParityTrace } from './cell-report.js'
import {
  EVALUATE, LEARNING_RATE, MOMENTUM, PARITY_STEPS, PREDICT, stepRepeat, WARMUP, type Repeat,
} from './protocol.js'

export interface Clock {
  /** Milliseconds, monotonic. */
  readonly now: () => number
}

/** What a measurement needs from outside; tests bring a clock of their own. */
export interface MeasureTools extends Clock {
  readonly backend: Backend
  readonly loadData: () => Promise<{ train: Dataset; test: Dataset }>
  /** Largest resident set of this process so far, where it is known. */
  readonly peakRssBytes?: () => number
}

/**
 * One repetition of one cell, from nothing to the last figure. What a step needs is ready before the clock starts, and
 * the clock stops when the step's promise resolves: the update has happened by then.
 */
export async function measureCell(request: CellRequest, tools: MeasureTools): Promise<CellReport> {
  const probe = await tools.backend.probe()
  if (!probe.ok) return { status: 'unavailable', reason: probe.reason, remedy: probe.remedy }
  const load = await timed(tools, () => tools.loadData())
  const open = await timed(tools, () => tools.backend.open())
  const session = open.value
  try {
    return await measureSession(request, tools, session, load.value, { load: load.ms, open: open.ms })
  } finally {
    await session.close()
  }
}

async function measureSession(
  request: CellRequest, tools: MeasureTools, session: Session, data: { train: Dataset; test: Dataset },
  before: Pick<CellTimings, 'load' | 'open'>,
): Promise<CellReport> {
  const { batchSize, seed } = request
  const model = modelByName(request.model)
  const spec = model.create()
  const plan: TrainingPlan = {
    loss: 'softmaxCrossEntropy', batchSize, seed,
    optimizer: { learningRate: LEARNING_RATE, momentum: MOMENTUM, weightDecay: model.weightDecay },
  }
  const weights = initialWeights(spec, { seed, scheme: 'pytorch' })
  const compile = await timed(tools, () => session.compile(spec, plan, weights))
  const trainer = compile.value
  const training = fullBatches(data.train, seed, batchSize)
  const nextBatch = () => training.next().value
  const firstBatch = nextBatch()
  const warmEnd = tools.now() + WARMUP.seconds * 1000
  const first = await timed(tools, () => trainer.step(firstBatch))
  const trace = await parityTrace(trainer, first.value.loss, nextBatch)
  if (request.reference) return { status: 'ok', info: session.info, trace }
  const step = (batch: SampleBatch) => trainer.step(batch)
  const left = { min: 0, max: WARMUP.maxSteps - PARITY_STEPS, seconds: (warmEnd - tools.now()) / 1000 }
  await repeated(tools, left, nextBatch, step)
  session.disturbed?.()
  const steps = await repeated(tools, stepRepeat(request.budget), nextBatch, step, () => session.disturbed?.() !== true)
  return {
    status: 'ok', info: session.info, trace,
    timings: {
      ...before,
      compile: compile.ms,
      firstStep: first.ms,
      steps,
      evaluate: await measureEvaluate(trainer, tools, data.test, batchSize),
      predictOne: await measurePredictOne(trainer, tools, data.test),
      ...tools.peakRssBytes === undefined ? {} : { peakRssBytes: tools.peakRssBytes() },
      trainSamples: data.train.count,
      testSamples: data.test.count,
    },
  }
}

async function parityTrace(trainer: Trainer, firstLoss: number, nextBatch: () => SampleBatch): Promise<ParityTrace> {
  const losses = [firstLoss]
  while (losses.length < PARITY_STEPS) losses.push((await trainer.step(nextBatch())).loss)
  const { weights } = await trainer.save()
  return { losses, weights: weights.map(({ data }) => data) }
}

async function measureEvaluate(
  trainer: Trainer, tools: MeasureTools, test: Dataset, batchSize: number,
): Promise<CellTimings['evaluate']> {
  const all = [...batches(test, fileOrder(test.count), batchSize)]
  await trainer.evaluate(all[0]!)
  let next = 0
  const repeat = { ...EVALUATE, max: all.length }
  const samples = await repeated(tools, repeat, () => all[next++]!, (batch) => trainer.evaluate(batch))
  const images = all.slice(0, samples.length).reduce((sum, { size }) => sum + size, 0)
  return { images, ms: samples.reduce((sum, ms) => sum + ms, 0) }
}

async function measurePredictOne(trainer: Trainer, tools: MeasureTools, test: Dataset): Promise<number[]> {
  let next = 0
  const nextImage = () => {
    const at = next++ % test.count
    return imagesBetween(test, at, at + 1)
  }
  await trainer.predict(nextImage())
  return repeated(tools, PREDICT, nextImage, (image) => trainer.predict(image))
}

/** Batches without end, epoch after epoch, each of full size: a shorter last one would be a faster step. */
function* fullBatches(train: Dataset, seed: number, batchSize: number): Generator<SampleBatch, never, void> {
  for (let epoch = 1; ; epoch++) {
    const order = epochOrder(train.count, seed, epoch)
    for (let at = 0; at + batchSize <= order.length; at += batchSize) {
      yield batchAt(train, order.subarray(at, at + batchSize))
    }
  }
}

async function timed<T>({ now }: Clock, work: () => Promise<T>): Promise<{ value: T; ms: number }> {
  const start = now()
  const value = await work()
  return { value, ms: now() - start }
}

/** So many calls thrown away for one that counts, and there is no measuring. */
const MOST_DISTURBED = 10

/**
 * @param sound asked after each call, outside its time: whether its time is to be believed
 * @returns ms of each sound call of `work`; `prepare` is not in them
 * @throws Error when hardly a call is sound
 */
export async function repeated<T>(
  tools: Clock, { min, max, seconds }: Repeat, prepare: () => T, work: (prepared: T) => Promise<unknown>, sound: () => boolean = () => true,
): Promise<number[]> {
  const samples: number[] = []
  let disturbed = 0
  const end = tools.now() + seconds * 1000
  while (samples.length < min || (samples.length < max && tools.now() < end)) {
    const prepared = prepare()
    const { ms } = await timed(tools, () => work(prepared))
    if (sound()) samples.push(ms)
    else if (++disturbed > MOST_DISTURBED * (samples.length + 1)) {
      throw new Error(`the device was interrupted in ${disturbed} of ${disturbed + samples.length} steps: no time of it can be believed`)
    }
  }
  return samples
}
