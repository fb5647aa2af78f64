import { gradientsOf, startState, type Trainer } from '@mnist-lab/backends'
import { imagesBetween, type SampleBatch } from '@mnist-lab/data'
import { initialWeights, type Layer, type ModelSpec, type Weights } from '@mnist-lab/models'
import { FORWARD_IMAGES, PARITY_STEPS } from '../protocol/protocol.js'
import type {
  CellReport,
  CellRequest,
  ParityTrace,
  PlainTrace,
  PrefixTrace,
} from './cell-report.js'
import {
  type CellTools,
  fullBatches,
  hasDropout,
  type OpenedCell,
  withoutDropout,
  withTrainer,
  withOpenedCell,
} from './opened-cell.js'

/**
 * Runs the steps of parity after the first one, which the caller has run, and returns the trace of
 * all of them.
 */
export async function parityTrace(
  { plan, weights }: OpenedCell,
  trainer: Trainer,
  firstLoss: number,
  nextBatch: () => SampleBatch,
): Promise<Omit<ParityTrace, 'forward'>> {
  const losses = [firstLoss]
  const gradients = dataOf(gradientsOf(plan.optimizer, startState(weights), await trainer.save()))
  while (losses.length < PARITY_STEPS) losses.push((await trainer.step(nextBatch())).loss)
  return { losses, gradients, weights: dataOf((await trainer.save()).weights) }
}

/**
 * Returns the untrained model's output for some test images. It uses another trainer, because the
 * measured one has been trained, and its first call must be a step.
 */
export function forwardTrace(opened: OpenedCell): Promise<Float32Array> {
  const { spec, weights, test } = opened
  return withTrainer(opened, spec, weights, (trainer) =>
    trainer.predict(imagesBetween(test, 0, Math.min(FORWARD_IMAGES, test.count))),
  )
}

/** Returns the trace of the same steps without dropout, which peers are compared with. */
export async function plainTrace(
  opened: OpenedCell,
  request: CellRequest,
  trace: ParityTrace,
): Promise<PlainTrace> {
  const { spec, weights, train } = opened
  if (!hasDropout(spec)) return { losses: trace.losses, weights: trace.weights }
  return withTrainer(opened, withoutDropout(spec), weights, async (trainer) => {
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

/**
 * The number of outputs of the dense layer after a part of the model. Each depends on all numbers,
 * so that a wrong number shows.
 */
const MIXTURES = 10

/**
 * Trains longer and longer parts of the model, each followed by a dense layer of fixed weights, and
 * records each part's output for test images and its gradients. The first part that differs from
 * the reference ends in the wrong layer. The shortest part is the dense layer alone.
 */
export function tracePrefixes(request: CellRequest, tools: CellTools): Promise<CellReport> {
  return withOpenedCell<CellReport>(request, tools, async (opened) => {
    const { session, spec, plan, weights, train, test } = opened
    const images = imagesBetween(test, 0, Math.min(FORWARD_IMAGES, test.count))
    const prefixes: PrefixTrace[] = []
    for (const { layer, spec: part } of prefixesOf(spec)) {
      prefixes.push(
        await withTrainer(
          opened,
          part,
          prefixWeights(part, weights, request.seed),
          async (trainer) => {
            const forward = await trainer.predict(images)
            const start = await trainer.save()
            await trainer.step(fullBatches(train, request).next().value)
            const gradients = gradientsOf(plan.optimizer, start, await trainer.save())
            return { layer, forward, gradients: dataOf(gradients) }
          },
        ),
      )
    }
    return { status: 'ok', info: session.info, prefixes }
  })
}

/** Returns the parts of a model that end in a layer which computes something. */
export function prefixesOf(
  spec: ModelSpec,
): { readonly layer: string; readonly spec: ModelSpec }[] {
  const part = (layers: readonly Layer[]): ModelSpec => {
    const flat = layers.some(({ type }) => type === 'flatten' || type === 'dense')
    return {
      ...spec,
      layers: [
        ...layers,
        ...(flat ? [] : [{ type: 'flatten' } as const]),
        { type: 'dense', units: MIXTURES },
      ],
    }
  }
  const parts = spec.layers.flatMap((layer, at) =>
    layer.type === 'flatten' || layer.type === 'softmax'
      ? []
      : [
          {
            layer: `${at + 1} ${layer.type}`,
            spec: part(spec.layers.slice(0, at + 1)),
          },
        ],
  )
  return [{ layer: '0 dense', spec: part([]) }, ...parts]
}

/** Returns the model's own weights, with seeded ones for the dense layer after the part. */
function prefixWeights(part: ModelSpec, weights: Weights, seed: number): Weights {
  return initialWeights(part, { seed, scheme: 'pytorch' }).map((tensor, at, all) =>
    at < all.length - 2 ? weights[at]! : tensor,
  )
}
