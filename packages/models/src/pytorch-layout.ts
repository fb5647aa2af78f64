import { sizeOf } from '@mnist-lab/core'
import type { LayerInfo, Shape } from './layers.js'
import { inferShapes, type ModelSpec } from './spec.js'
import {
  checkTensors,
  checkWeights,
  type NamedTensor,
  type Weights,
  weightShapes,
} from './weights.js'

/**
 * The correspondence of a tensor's two layouts: the flat index in Keras for each flat index in
 * PyTorch.
 */
interface Mapping {
  readonly name: string
  readonly kerasShape: Shape
  readonly torchShape: Shape
  readonly kerasIndex: Uint32Array
}

/**
 * Returns weights in PyTorch's layout and in the order of `parameters()`: conv kernels [out, in,
 * height, width], dense kernels [out, in], and behind a flatten the features in the order
 * [channels, height, width]. The names stay, and the arrays are new.
 *
 * @throws ModelError when the weights belong to another model
 */
export function toPyTorchLayout(spec: ModelSpec, weights: Weights): readonly NamedTensor[] {
  checkWeights(spec, weights)
  return mappings(spec).map(({ name, torchShape, kerasIndex }, index) => {
    const { data } = weights[index]!
    return { name, shape: torchShape, data: Float32Array.from(kerasIndex, (from) => data[from]!) }
  })
}

/**
 * Returns weights in Keras layout. This is the inverse of {@link toPyTorchLayout}.
 *
 * @param tensors in the order of PyTorch's `parameters()`; their names do not matter
 * @throws ModelError when their number or shapes do not fit the model
 */
export function fromPyTorchLayout(spec: ModelSpec, tensors: readonly NamedTensor[]): Weights {
  const maps = mappings(spec)
  checkTensors(
    spec,
    tensors,
    maps.map(({ name, torchShape }) => ({ name, shape: torchShape })),
  )
  return maps.map(({ name, kerasShape, kerasIndex }, index) => {
    const { data } = tensors[index]!
    const converted = new Float32Array(data.length)
    for (let i = 0; i < kerasIndex.length; i++) converted[kerasIndex[i]!] = data[i]!
    return { name, shape: kerasShape, data: converted }
  })
}

function mappings(spec: ModelSpec): readonly Mapping[] {
  const flattened = imagesBehindDense(inferShapes(spec))
  return weightShapes(spec).map(({ name, shape }) => {
    if (shape.length === 4) {
      const [height, width, inputs, outputs] = shape as readonly [number, number, number, number]
      const column = inputs * outputs
      return mapping(
        name,
        shape,
        [outputs, inputs, height, width],
        [1, outputs, width * column, column],
      )
    }
    if (shape.length === 1) return mapping(name, shape, shape, [1])
    const [inputs, outputs] = shape as readonly [number, number]
    const image = flattened.get(name)
    if (image === undefined) return mapping(name, shape, [outputs, inputs], [1, outputs])
    const [height, width, channels] = image
    const column = channels * outputs
    const permuted = mapping(
      name,
      shape,
      [outputs, channels, height, width],
      [1, outputs, width * column, column],
    )
    return { ...permuted, torchShape: [outputs, inputs] }
  })
}

/**
 * Returns how a tensor's layouts correspond.
 *
 * @param strides the distance in Keras's array between two neighbours along each axis of
 *   `torchShape`
 */
function mapping(
  name: string,
  kerasShape: Shape,
  torchShape: Shape,
  strides: readonly number[],
): Mapping {
  const kerasIndex = new Uint32Array(sizeOf(torchShape))
  let filled = 1
  // Outermost axis last: each axis repeats what the inner ones have filled, shifted by its stride.
  for (let axis = torchShape.length - 1; axis >= 0; axis--) {
    const side = torchShape[axis]!
    for (let i = filled; i < filled * side; i++)
      kerasIndex[i] = kerasIndex[i - filled]! + strides[axis]!
    filled *= side
  }
  return { name, kerasShape, torchShape, kerasIndex }
}

/**
 * Returns, by kernel name, the shape of the image that was flattened into the features of the first
 * dense layer after each flatten.
 */
function imagesBehindDense(
  infos: readonly LayerInfo[],
): ReadonlyMap<string, readonly [number, number, number]> {
  const images = new Map<string, readonly [number, number, number]>()
  let image: readonly [number, number, number] | undefined
  for (const { name, layer, inputShape } of infos) {
    if (layer.type === 'flatten') image = inputShape as unknown as readonly [number, number, number]
    if (layer.type !== 'dense') continue
    if (image !== undefined) images.set(`${name}/kernel`, image)
    image = undefined
  }
  return images
}
