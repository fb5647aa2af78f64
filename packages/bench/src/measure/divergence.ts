import { gradientsOf } from '@mnist-lab/backends'
import { imagesBetween } from '@mnist-lab/data'
import { initialWeights, type Layer, type ModelSpec, type Weights } from '@mnist-lab/models'
import type { CellReport, CellRequest, PrefixTrace } from './cell-report.js'
import { FORWARD_IMAGES } from '../protocol/protocol.js'
import { fullBatches, type CellTools, withTraining, withTrainer } from './training.js'

/** Outputs of the dense layer behind a part: as many mixtures of all its numbers, so that a wrong one shows. */
const MIXTURES = 10

/**
 * Ever longer parts of the model, each with a dense layer of fixed weights behind it, which any backend can train: what the part
 * says of test images, and its gradients. The first part that differs from the reference's ends in the layer that is wrong. The first of
 * all is the dense layer alone.
 */
export function tracePrefixes(request: CellRequest, tools: CellTools): Promise<CellReport> {
  return withTraining<CellReport>(request, tools, async (training) => {
    const { session, spec, plan, weights, train, test } = training
    const images = imagesBetween(test, 0, Math.min(FORWARD_IMAGES, test.count))
    const prefixes: PrefixTrace[] = []
    for (const { layer, spec: part } of prefixesOf(spec)) {
      prefixes.push(
        await withTrainer(
          training,
          part,
          prefixWeights(part, weights, request.seed),
          async (trainer) => {
            const forward = await trainer.predict(images)
            const start = await trainer.save()
            await trainer.step(fullBatches(train, request).next().value)
            const gradients = gradientsOf(plan.optimizer, start, await trainer.save())
            return { layer, forward, gradients: gradients.map(({ data }) => data) }
          },
        ),
      )
    }
    return { status: 'ok', info: session.info, prefixes }
  })
}

/** The parts that end in a layer which computes something. */
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

/** The model's own weights, and seeded ones for the dense layer behind. */
function prefixWeights(part: ModelSpec, weights: Weights, seed: number): Weights {
  return initialWeights(part, { seed, scheme: 'pytorch' }).map((tensor, at, all) =>
    at < all.length - 2 ? weights[at]! : tensor,
  )
}
