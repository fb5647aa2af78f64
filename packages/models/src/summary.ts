import { type Cost, costOf, totalCost } from './costs.js'
import { elements, inferShapes } from './infer-shapes.js'
import type { Layer, ModelSpec, Shape } from './spec.js'

export interface SummaryOptions {
  /** Images in a batch; left open when absent, and then costs are those of one image. Integer ≥ 1. */
  readonly batchSize?: number
}

export interface SummaryLayer extends Cost {
  readonly name: string
  readonly type: Layer['type']
  /** [height, width] of a convolution's or pooling's window. */
  readonly kernel?: readonly [number, number]
  /** Without the batch; [height, width, channels] or [features]. */
  readonly inputShape: Shape
  readonly outputShape: Shape
}

/** A model's layers and what they cost, as plain data. */
export interface Summary {
  readonly name: string
  readonly batchSize?: number
  /** [height, width, channels] */
  readonly inputShape: Shape
  readonly layers: readonly SummaryLayer[]
  readonly total: Cost & { readonly inputBytes: number; readonly parameterBytes: number }
}

/** @throws ModelError when the spec is wrong */
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
      inputBytes: batch * elements(spec.inputShape) * 4,
      parameterBytes: total.parameters * 4,
    },
  }
}
