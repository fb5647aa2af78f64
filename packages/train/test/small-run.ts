import type { Backend, Trainer, TrainingPlan } from '@mnist-lab/backends'
import { nullBackend } from '@mnist-lab/backends/null'
import { datasetFromIdx, type Dataset } from '@mnist-lab/data'
import { initialWeights, type ModelSpec } from '@mnist-lab/models'
import { fit, type FitEvent, type FitOptions } from '../src/index.js'

/** 6×5 grey images to four classes, with dropout. */
export const spec: ModelSpec = {
  name: 'small',
  inputShape: [6, 5, 1],
  layers: [
    { type: 'flatten' },
    { type: 'dense', units: 8 },
    { type: 'tanh' },
    { type: 'dropout', rate: 0.25 },
    { type: 'dense', units: 4 },
  ],
}

/** Ten samples a batch. */
export const plan: TrainingPlan = {
  loss: 'softmaxCrossEntropy',
  optimizer: { learningRate: 0.1, momentum: 0.9, weightDecay: 0.001 },
  batchSize: 10,
  seed: 5,
}

export function samples(count: number, name = 'small/train'): Dataset {
  const images = Uint8Array.from({ length: count * 30 }, (_, i) => (i * i * 7 + i * 13) % 256)
  const labels = Uint8Array.from({ length: count }, (_, i) => images[i * 30]! % 4)
  return datasetFromIdx(
    name,
    { type: 'uint8', shape: [count, 6, 5], data: images },
    { type: 'uint8', shape: [count], data: labels },
    { classNames: ['a', 'b', 'c', 'd'] },
  )
}

export async function compile(
  backend: Backend = nullBackend(),
  model: ModelSpec = spec,
): Promise<Trainer> {
  const session = await backend.open()
  return session.compile(model, plan, initialWeights(model, { seed: plan.seed, scheme: 'pytorch' }))
}

/** 45 training samples: five steps an epoch, the last one short; 12 to validate. */
export async function smallRun(changes: Partial<FitOptions> = {}): Promise<FitOptions> {
  const trainer = changes.trainer ?? (await compile())
  return {
    spec,
    plan,
    train: samples(45),
    validation: samples(12, 'small/test'),
    epochs: 3,
    now: clock(),
    ...changes,
    trainer,
  }
}

/** Returns a clock that advances by a millisecond whenever it is read. */
function clock(): () => number {
  let time = 0
  return () => time++
}

export async function collect(
  options: FitOptions,
  onEvent?: (event: FitEvent) => void,
): Promise<FitEvent[]> {
  const events: FitEvent[] = []
  for await (const event of fit(options)) {
    events.push(event)
    onEvent?.(event)
  }
  return events
}

export function endOf(events: readonly FitEvent[]): Extract<FitEvent, { type: 'end' }> {
  const end = events.at(-1)
  if (end?.type !== 'end') throw new Error(`the last event is ${end?.type}`)
  return end
}

/** The error that a promise is rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}
