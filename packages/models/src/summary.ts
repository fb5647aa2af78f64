import { sizeOf } from '@mnist-lab/core'
import { type Layer, type LayerInfo, type Shape, typeOf } from './layers.js'
import { inferShapes, type ModelSpec } from './spec.js'

/** The cost of a layer, or of a whole model, in one forward pass. */
export interface Cost {
  readonly parameters: number
  /**
   * Multiply-adds for the whole batch. Adding a bias counts as one, as torchinfo counts it; pooling
   * and activations count as 0.
   */
  readonly multiplyAdds: number
  /**
   * Bytes of the output as float32, for the whole batch. It is 0 for flatten, which only renames
   * its input.
   */
  readonly activationBytes: number
}

/** The costs of every layer, and their sums over the model. */
export interface Costs {
  readonly layers: readonly (Cost & { readonly name: string })[]
  readonly total: Cost
}

/**
 * Returns the costs of each layer and of the whole model.
 *
 * @param batchSize images in a batch. @default 1
 * @throws ModelError when the spec is wrong
 */
export function costs(spec: ModelSpec, batchSize = 1): Costs {
  const layers = inferShapes(spec).map((info) => ({ name: info.name, ...costOf(info, batchSize) }))
  return { layers, total: totalCost(layers) }
}

function totalCost(layers: readonly Cost[]): Cost {
  const sum = (key: keyof Cost) => layers.reduce((total, layer) => total + layer[key], 0)
  return {
    parameters: sum('parameters'),
    multiplyAdds: sum('multiplyAdds'),
    activationBytes: sum('activationBytes'),
  }
}

function costOf({ layer, inputShape, outputShape }: LayerInfo, batchSize: number): Cost {
  const type = typeOf(layer)
  const kernel = type.kernelShape?.(layer, inputShape)
  const outputs = outputShape.at(-1)!
  const parameters = kernel === undefined ? 0 : sizeOf(kernel) + outputs
  // A convolution uses its weights at every position, a dense layer once.
  const positions = sizeOf(outputShape) / outputs
  return {
    parameters,
    multiplyAdds: batchSize * parameters * positions,
    activationBytes: type.view ? 0 : batchSize * sizeOf(outputShape) * 4,
  }
}

/** The options of {@link summary}. */
export interface SummaryOptions {
  /**
   * Images in a batch, an integer ≥ 1. Without it the batch size stays open, and the costs are
   * those of one image.
   */
  readonly batchSize?: number
}

/** One layer of a {@link Summary}. */
export interface SummaryLayer extends Cost {
  readonly name: string
  readonly type: Layer['type']
  /** [height, width] of a convolution's or pooling's window. */
  readonly kernel?: readonly [number, number]
  /** Without the batch; [height, width, channels] or [features]. */
  readonly inputShape: Shape
  readonly outputShape: Shape
}

/** A model's layers and their costs, as plain data. */
export interface Summary {
  readonly name: string
  readonly batchSize?: number
  /** [height, width, channels] */
  readonly inputShape: Shape
  readonly layers: readonly SummaryLayer[]
  readonly total: Cost & { readonly inputBytes: number; readonly parameterBytes: number }
}

/**
 * Returns the layers of a model, their shapes and their costs.
 *
 * @throws ModelError when the spec is wrong
 */
export function summary(spec: ModelSpec, options: SummaryOptions = {}): Summary {
  const batch = options.batchSize ?? 1
  const layers = inferShapes(spec).map((info): SummaryLayer => ({
    name: info.name,
    type: info.layer.type,
    ...(info.window === undefined ? {} : { kernel: info.window.size }),
    inputShape: info.inputShape,
    outputShape: info.outputShape,
    ...costOf(info, batch),
  }))
  const total = totalCost(layers)
  return {
    name: spec.name,
    ...options,
    inputShape: spec.inputShape,
    layers,
    total: {
      ...total,
      inputBytes: batch * sizeOf(spec.inputShape) * 4,
      parameterBytes: total.parameters * 4,
    },
  }
}
