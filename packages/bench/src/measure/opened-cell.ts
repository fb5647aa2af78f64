import type { Backend, Profiler, Session, Trainer, TrainingPlan } from '@mnist-lab/backends'
import { batchAt, type Dataset, epochOrder, type SampleBatch } from '@mnist-lab/data'
import { initialWeights, modelByName, type ModelSpec, type Weights } from '@mnist-lab/models'
import { LEARNING_RATE, MOMENTUM } from '../protocol/protocol.js'
import type { CellRequest, UnavailableReport } from './cell-report.js'
import type { BurstsOf } from './bursts.js'
import { type Clock, timed } from './clock.js'

/** The tools that measuring a cell needs. Tests use their own clock and backend. */
export interface CellTools extends Clock {
  /**
   * Creates the backend.
   *
   * @param profiler records the time of each kernel, if a profile is asked for
   */
  readonly backend: (profiler?: Profiler) => Backend
  readonly loadData: () => Promise<{ train: Dataset; test: Dataset }>
  readonly process: ProcessTools
  /** Returns the milliseconds since 1970 by the machine's clock. */
  readonly epochMs?: () => number
  /** Gives the bursts of trainers that are timed from outside. */
  readonly bursts?: BurstsOf
}

/**
 * The information that a JavaScript runtime gives about its process. Every field is optional,
 * because a page gets almost none of it.
 */
export interface ProcessTools {
  /** The largest resident set of the process so far. */
  readonly peakRssBytes?: () => number
  /** The bytes in use on JavaScript's heap, and those outside that the heap holds. */
  readonly jsBytes?: () => { readonly heap: number; readonly external: number }
  /** The processor time of all threads so far. */
  readonly cpuMs?: () => number
  /** The time so far in which the machine's cores were busy, with this or any other program. */
  readonly machineMs?: () => number
  /** Collects garbage; undefined if the runtime cannot do that. */
  readonly collectGarbage?: (() => Promise<void>) | undefined
  /**
   * Starts to watch garbage collections.
   *
   * @returns a function that ends the watch and returns the number of collections and their time
   */
  readonly watchCollections?: () => () => Promise<{ readonly count: number; readonly ms: number }>
}

/** An opened backend, with the model and the data that a cell trains on it. */
export interface OpenedCell {
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
 * Probes a cell's backend, loads the data, opens the backend, does some work with it, and always
 * closes it afterwards.
 *
 * @returns what `work` returns, or why the backend is not available here
 */
export async function withOpenedCell<T>(
  request: CellRequest,
  tools: CellTools,
  work: (opened: OpenedCell) => Promise<T>,
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
        hint: session.info.notes.join('; ') || 'this backend cannot run more threads here',
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

/** Returns a cell's model, training plan and initial weights, which are those of the study. */
export function trainingPlan({
  model: name,
  batchSize,
  seed,
}: Pick<CellRequest, 'model' | 'batchSize' | 'seed'>): Pick<
  OpenedCell,
  'spec' | 'plan' | 'weights'
> {
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

/**
 * Returns endless batches, epoch after epoch, all of full size, because a step on a shorter batch
 * would be faster.
 */
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

/** Returns the model without its dropout layers; the weights keep their order and shapes. */
export function withoutDropout(spec: ModelSpec): ModelSpec {
  return { ...spec, layers: spec.layers.filter(({ type }) => type !== 'dropout') }
}

/** Returns whether a model has dropout. */
export function hasDropout(spec: ModelSpec): boolean {
  return spec.layers.some((layer) => layer.type === 'dropout' && layer.rate > 0)
}

/** Compiles a model on the opened backend, does some work with it, and disposes of it. */
export async function withTrainer<T>(
  { session, plan }: OpenedCell,
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
