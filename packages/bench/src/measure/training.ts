import type { Backend, Profiler, Session, Trainer, TrainingPlan } from '@mnist-lab/backends'
import { batchAt, epochOrder, type Dataset, type SampleBatch } from '@mnist-lab/data'
import { initialWeights, modelByName, type ModelSpec, type Weights } from '@mnist-lab/models'
import type { CellRequest, UnavailableReport } from './cell-report.js'
import { timed, type Clock } from './clock.js'
import { LEARNING_RATE, MOMENTUM } from '../protocol/protocol.js'

/** What a process needs from outside; tests bring a clock and a backend of their own. */
export interface CellTools extends Clock {
  /** @param profiler of the steps, where one is wanted */
  readonly backend: (profiler?: Profiler) => Backend
  readonly loadData: () => Promise<{ train: Dataset; test: Dataset }>
  readonly process: ProcessTools
}

/** What the runtime tells of its process; a page is told next to nothing. */
export interface ProcessTools {
  /** Largest resident set of this process so far. */
  readonly peakRssBytes?: () => number
  /** In use on JavaScript's heap, and outside of it but held by it. */
  readonly jsBytes?: () => { readonly heap: number; readonly external: number }
  /** Processor time so far, of all threads. */
  readonly cpuMs?: () => number
  /** Time so far in which the machine's cores were busy, whoever used them. */
  readonly machineMs?: () => number
  /** Undefined where the runtime does not offer it. */
  readonly collectGarbage?: (() => Promise<void>) | undefined
  /** @returns ends the watch and tells what was collected meanwhile */
  readonly watchCollections?: () => () => Promise<{ readonly count: number; readonly ms: number }>
}

/** An opened engine and what a cell trains on it. */
export interface Training {
  readonly session: Session
  readonly spec: ModelSpec
  readonly plan: TrainingPlan
  readonly weights: Weights
  readonly train: Dataset
  readonly test: Dataset
  readonly loadMs: number
  readonly openMs: number
}

/**
 * Probes, loads, opens, hands the training over, and closes the session whatever happens.
 *
 * @returns what `work` returns, or why there is no such backend here
 */
export async function withTraining<T>(
  request: CellRequest,
  tools: CellTools,
  work: (training: Training) => Promise<T>,
  profiler?: Profiler,
): Promise<T | UnavailableReport> {
  const backend = tools.backend(profiler)
  const probe = await backend.probe()
  if (!probe.ok) return { status: 'unavailable', reason: probe.reason, hint: probe.hint }
  const load = await timed(tools, () => tools.loadData())
  const open = await timed(tools, () => backend.open())
  const session = open.value
  try {
    const { threads } = session.info
    if (
      request.exactThreads &&
      request.askedThreads !== undefined &&
      threads !== request.askedThreads
    ) {
      return {
        status: 'unavailable',
        reason: `it runs ${threads} thread${threads === 1 ? '' : 's'}, not ${request.askedThreads}`,
        hint: session.info.notes.join('; ') || 'it has no more',
      }
    }
    const { spec, plan, weights } = trainingPlan(request)
    return await work({
      session,
      spec,
      plan,
      weights,
      ...load.value,
      loadMs: load.ms,
      openMs: open.ms,
    })
  } finally {
    await session.close()
  }
}

/** What is trained, and from where: the study's model and hyper-parameters. */
export function trainingPlan({
  model: name,
  batchSize,
  seed,
}: CellRequest): Pick<Training, 'spec' | 'plan' | 'weights'> {
  const model = modelByName(name)
  const spec = model.create()
  const plan: TrainingPlan = {
    loss: 'softmaxCrossEntropy',
    batchSize,
    seed,
    optimizer: { learningRate: LEARNING_RATE, momentum: MOMENTUM, weightDecay: model.weightDecay },
  }
  return { spec, plan, weights: initialWeights(spec, { seed, scheme: 'pytorch' }) }
}

/** Batches without end, epoch after epoch, each of full size: a shorter last one would be a faster step. */
export function* fullBatches(
  train: Dataset,
  { seed, batchSize }: CellRequest,
): Generator<SampleBatch, never, void> {
  for (let epoch = 1; ; epoch++) {
    const order = epochOrder(train.count, seed, epoch)
    for (let at = 0; at + batchSize <= order.length; at += batchSize) {
      yield batchAt(train, order.subarray(at, at + batchSize))
    }
  }
}

/** Dropping layers keeps the weights' order and shapes. */
export function withoutDropout(spec: ModelSpec): ModelSpec {
  return { ...spec, layers: spec.layers.filter(({ type }) => type !== 'dropout') }
}

export function hasDropout(spec: ModelSpec): boolean {
  return spec.layers.some((layer) => layer.type === 'dropout' && layer.rate > 0)
}

/** Compiles a model of the training's, and disposes of it after the work. */
export async function withTrainer<T>(
  { session, plan }: Training,
  spec: ModelSpec,
  weights: Weights,
  work: (trainer: Trainer) => Promise<T>,
): Promise<T> {
  const trainer = await session.compile(spec, plan, weights)
  try {
    return await work(trainer)
  } finally {
    trainer.dispose()
  }
}
