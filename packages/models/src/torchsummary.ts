import { elements } from './infer-shapes.js'
import type { Summary } from './summary.js'
import { TORCH_CLASSES, torchShape } from './torch-text.js'

/** What Python's `torchsummary` says of a model, before it is printed. */
export interface Torchsummary {
  /** Without flatten, which that package cannot see when it is written as a function. */
  readonly layers: readonly {
    readonly name: string
    readonly outputShape: string
    readonly parameters: number
  }[]
  readonly parameters: number
  /** MB of 1024² bytes, float32. */
  readonly megabytes: {
    readonly input: number
    /** Every listed layer's output twice: for its values and for their gradients. */
    readonly forwardBackward: number
    readonly parameters: number
    readonly total: number
  }
}

const MEGABYTE = 1024 ** 2

/** An open batch is -1 in the shapes, and one image in the sizes. */
export function torchsummary(summary: Summary): Torchsummary {
  const batch = summary.batchSize ?? -1
  const layers = summary.layers.filter(({ type }) => type !== 'flatten')
  const { parameters, parameterBytes, inputBytes } = summary.total
  const outputs = layers.reduce((total, { outputShape }) => total + elements(outputShape), 0)
  const megabytes = {
    input: inputBytes / MEGABYTE,
    forwardBackward: (2 * outputs * Math.abs(batch) * 4) / MEGABYTE,
    parameters: parameterBytes / MEGABYTE,
  }
  return {
    layers: layers.map(({ type, outputShape, parameters }, index) => ({
      name: `${TORCH_CLASSES[type]}-${index + 1}`,
      outputShape: torchShape(batch, outputShape),
      parameters,
    })),
    parameters,
    megabytes: {
      ...megabytes,
      total: megabytes.parameters + megabytes.forwardBackward + megabytes.input,
    },
  }
}
