import { elements, inferShapes } from './infer-shapes.js'
import { ModelError } from './model-error.js'
import type { ModelSpec, NamedTensor, Shape, Weights } from './spec.js'

/** What a parameter tensor must look like. */
export interface WeightShape {
  readonly name: string
  /** Keras layout, as {@link Weights}. */
  readonly shape: Shape
  /** Inputs that each output of the layer sums; of a bias, those of its layer. */
  readonly fanIn: number
  /** Outputs that each input of the layer feeds. */
  readonly fanOut: number
}

/**
 * The model's parameters, in the order of {@link Weights}.
 *
 * @throws ModelError when the spec is wrong
 */
export function weightShapes(spec: ModelSpec): readonly WeightShape[] {
  return inferShapes(spec).flatMap(({ name, layer, inputShape, window }) => {
    const tensors = (
      kernel: Shape,
      taps: number,
      inputs: number,
      outputs: number,
    ): WeightShape[] => {
      const fans = { fanIn: taps * inputs, fanOut: taps * outputs }
      return [
        { name: `${name}/kernel`, shape: kernel, ...fans },
        { name: `${name}/bias`, shape: [outputs], ...fans },
      ]
    }
    if (layer.type === 'dense')
      return tensors([inputShape[0]!, layer.units], 1, inputShape[0]!, layer.units)
    if (layer.type !== 'conv2d') return []
    const [height, width] = window!.size
    return tensors(
      [height, width, inputShape[2]!, layer.filters],
      height * width,
      inputShape[2]!,
      layer.filters,
    )
  })
}

/**
 * Whether the weights are this model's: names, order, shapes, lengths.
 *
 * @throws ModelError naming the first tensor that is not
 */
export function checkWeights(spec: ModelSpec, weights: Weights): void {
  const expected = weightShapes(spec)
  checkTensors(spec, weights, expected)
  for (const [index, { name }] of expected.entries()) {
    const got = weights[index]!.name
    if (got !== name) throw foreign(spec, `tensor ${index + 1} has another name`, name, got)
  }
}

/** As {@link checkWeights}, for shapes in any layout and without the names. */
export function checkTensors(
  spec: ModelSpec,
  tensors: readonly NamedTensor[],
  expected: readonly Pick<NamedTensor, 'name' | 'shape'>[],
): void {
  if (tensors.length !== expected.length) {
    throw foreign(spec, undefined, `${expected.length} tensors`, String(tensors.length))
  }
  for (const [index, { name, shape }] of expected.entries()) {
    const tensor = tensors[index]!
    if (tensor.shape.join() !== shape.join()) {
      throw foreign(
        spec,
        `${name} has another shape`,
        `[${shape.join(', ')}]`,
        `[${tensor.shape.join(', ')}]`,
      )
    }
    if (tensor.data.length !== elements(shape)) {
      throw foreign(
        spec,
        `${name} is incomplete`,
        `${elements(shape)} numbers`,
        String(tensor.data.length),
      )
    }
  }
}

function foreign(
  spec: ModelSpec,
  what: string | undefined,
  expected: string,
  got: string,
): ModelError {
  return new ModelError({
    where: `weights of ${spec.name}`,
    ...(what === undefined ? {} : { what }),
    expected,
    got,
    hint: 'use weights saved from this model',
  })
}
