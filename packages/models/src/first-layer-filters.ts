import { inferShapes } from './infer-shapes.js'
import { ModelError } from './model-error.js'
import type { ModelSpec, Weights } from './spec.js'
import { checkWeights } from './weights.js'

/** What each output of the first layer that has weights looks for, as small pictures. */
export interface Filters {
  /** `conv2d_1`, `dense_1` */
  readonly layer: string
  readonly height: number
  readonly width: number
  /** One an output of the layer: [height, width], row-major, the mean over the input's channels. */
  readonly pictures: readonly Float32Array[]
}

/**
 * The kernels of a convolution, or a dense layer's weights laid out as the image that was flattened for it.
 *
 * @throws ModelError when the weights are not the model's, or it has none
 */
export function firstLayerFilters(spec: ModelSpec, weights: Weights): Filters {
  checkWeights(spec, weights)
  const infos = inferShapes(spec)
  const at = infos.findIndex(({ layer }) => layer.type === 'conv2d' || layer.type === 'dense')
  if (at === -1)
    throw new ModelError({ where: spec.name, what: 'no layer has weights', hint: 'add one' })
  const { name, layer, window } = infos[at]!
  // Between a flatten and the first dense layer there is nothing that changes the shape.
  const flattened = infos.slice(0, at).find((info) => info.layer.type === 'flatten')
  const [height, width] =
    layer.type === 'conv2d' ? window!.size : (flattened!.inputShape as readonly [number, number])
  const { data, shape } = weights[0]!
  const outputs = shape.at(-1)!
  const channels = data.length / (height * width * outputs)
  const pictures = Array.from({ length: outputs }, (_, output) =>
    Float32Array.from({ length: height * width }, (_, position) => {
      let sum = 0
      for (let channel = 0; channel < channels; channel++)
        sum += data[(position * channels + channel) * outputs + output]!
      return sum / channels
    }),
  )
  return { layer: name, height, width, pictures }
}
