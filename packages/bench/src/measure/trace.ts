import { gradientsOf, startState, type Trainer } from '@mnist-lab/backends'
import { imagesBetween, type SampleBatch } from '@mnist-lab/data'
import type { Weights } from '@mnist-lab/models'
import type { CellRequest, ParityTrace, PlainTrace } from './cell-report.js'
import { FORWARD_IMAGES, PARITY_STEPS } from '../protocol/protocol.js'
import { fullBatches, hasDropout, type Training, withoutDropout, withTrainer } from './training.js'

/** The rest of a trace, from the first step on, which has been made. */
export async function parityTrace(
  { plan, weights }: Training,
  trainer: Trainer,
  firstLoss: number,
  nextBatch: () => SampleBatch,
): Promise<Omit<ParityTrace, 'forward'>> {
  const losses = [firstLoss]
  const gradients = dataOf(gradientsOf(plan.optimizer, startState(weights), await trainer.save()))
  while (losses.length < PARITY_STEPS) losses.push((await trainer.step(nextBatch())).loss)
  return { losses, gradients, weights: dataOf((await trainer.save()).weights) }
}

/** What the untrained model says, from a trainer of its own: the measured one has gone on, and its first step is to be its first call. */
export function forwardTrace(training: Training): Promise<Float32Array> {
  const { spec, weights, test } = training
  return withTrainer(training, spec, weights, (trainer) =>
    trainer.predict(imagesBetween(test, 0, Math.min(FORWARD_IMAGES, test.count))),
  )
}

/** For peers: the same steps without dropout. The trace itself where the model has none. */
export async function plainTrace(
  training: Training,
  request: CellRequest,
  trace: ParityTrace,
): Promise<PlainTrace> {
  const { spec, weights, train } = training
  if (!hasDropout(spec)) return { losses: trace.losses, weights: trace.weights }
  return withTrainer(training, withoutDropout(spec), weights, async (trainer) => {
    const batches = fullBatches(train, request)
    const losses: number[] = []
    while (losses.length < PARITY_STEPS)
      losses.push((await trainer.step(batches.next().value)).loss)
    return { losses, weights: dataOf((await trainer.save()).weights) }
  })
}

function dataOf(weights: Weights): Float32Array[] {
  return weights.map(({ data }) => data)
}
