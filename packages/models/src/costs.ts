import { elements, inferShapes, type LayerInfo } from './infer-shapes.js'
import type { ModelSpec } from './spec.js'

/** What a layer, or a whole model, costs in one forward pass. */
export interface Cost {
  readonly parameters: number
  /** For the whole batch; adding a bias counts as one, as torchinfo counts. Pooling and activations count as none. */
  readonly multiplyAdds: number
  /** Of the output, float32, for the whole batch. None for flatten, which only renames its input. */
  readonly activationBytes: number
}

export interface Costs {
  readonly layers: readonly (Cost & { readonly name: string })[]
  readonly total: Cost
}

/**
 * @param batchSize images in a batch. @default 1
 * @throws ModelError when the spec is wrong
 */
export function costs(spec: ModelSpec, batchSize = 1): Costs {
  const layers = inferShapes(spec).map((info) => ({ name: info.name, ...costOf(info, batchSize) }))
  return { layers, total: totalCost(layers) }
}

export function totalCost(layers: readonly Cost[]): Cost {
  const sum = (key: keyof Cost) => layers.reduce((total, layer) => total + layer[key], 0)
  return {
    parameters: sum('parameters'),
    multiplyAdds: sum('multiplyAdds'),
    activationBytes: sum('activationBytes'),
  }
}

/** @param batchSize images in a batch */
export function costOf(
  { layer, inputShape, outputShape, window }: LayerInfo,
  batchSize: number,
): Cost {
  const parameters =
    layer.type === 'conv2d'
      ? (elements(window!.size) * inputShape[2]! + 1) * layer.filters
      : layer.type === 'dense'
        ? (inputShape[0]! + 1) * layer.units
        : 0
  const positions = layer.type === 'conv2d' ? outputShape[0]! * outputShape[1]! : 1
  return {
    parameters,
    multiplyAdds: batchSize * parameters * positions,
    activationBytes: layer.type === 'flatten' ? 0 : batchSize * elements(outputShape) * 4,
  }
}
