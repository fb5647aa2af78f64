import { createStream, fillUniform, sizeOf } from '@mnist-lab/core'
import { type Shape, typeOf } from './layers.js'
import { ModelError } from './model-error.js'
import { inferShapes, type ModelSpec } from './spec.js'

/** A named float32 tensor, row-major. */
export interface NamedTensor {
  /** `{layer name}/kernel` or `{layer name}/bias`, e.g. `conv2d_1/kernel`. */
  readonly name: string
  readonly shape: Shape
  readonly data: Float32Array
}

/**
 * A model's parameters in layer order, kernel before bias, in Keras layout: conv kernels [height,
 * width, in, out], dense kernels [in, out], features flattened from [height, width, channels].
 */
export type Weights = readonly NamedTensor[]

/** The name and shape of a parameter tensor, and how many values it connects. */
export interface WeightShape {
  readonly name: string
  /** In Keras layout, as {@link Weights}. */
  readonly shape: Shape
  /**
   * The number of inputs that each output of the layer sums. A bias has the same number as its
   * kernel.
   */
  readonly fanIn: number
  /** The number of outputs that each input of the layer feeds. */
  readonly fanOut: number
}

/**
 * Returns the shapes of the model's parameters, in the order of {@link Weights}.
 *
 * @throws ModelError when the spec is wrong
 */
export function weightShapes(spec: ModelSpec): readonly WeightShape[] {
  return inferShapes(spec).flatMap(({ name, layer, inputShape }) => {
    const kernel = typeOf(layer).kernelShape?.(layer, inputShape)
    if (kernel === undefined) return []
    const [inputs, outputs] = kernel.slice(-2) as unknown as readonly [number, number]
    const fans = { fanIn: sizeOf(kernel) / outputs, fanOut: sizeOf(kernel) / inputs }
    return [
      { name: `${name}/kernel`, shape: kernel, ...fans },
      { name: `${name}/bias`, shape: [outputs], ...fans },
    ]
  })
}

/**
 * The distribution of the initial weights. All are uniform in ±bound:
 * - `pytorch`: bound 1 / √fanIn for kernels and biases, the default of torch.nn.Conv2d and Linear.
 * - `glorot`: bound √(6 / (fanIn + fanOut)), biases 0; Glorot and Bengio, AISTATS 2010; the default
 *   of Keras.
 * - `he`: bound √(6 / fanIn), biases 0; He et al., ICCV 2015; for ReLU.
 */
export type InitialWeightScheme = 'pytorch' | 'glorot' | 'he'

/** The options of {@link initialWeights}. */
export interface InitialWeightOptions {
  /** Integer in [0, 2⁵³). The same seed gives the same weights on every machine. */
  readonly seed: number
  readonly scheme: InitialWeightScheme
}

/**
 * Returns initial weights, drawn at random from the seed. The arrays belong to the caller.
 *
 * @throws ModelError when the spec is wrong
 * @throws RangeError when the seed is wrong
 */
export function initialWeights(spec: ModelSpec, { seed, scheme }: InitialWeightOptions): Weights {
  return weightShapes(spec).map((tensor, index) => {
    const { name, shape } = tensor
    const data = new Float32Array(sizeOf(shape))
    const limit = bound(tensor, scheme)
    if (limit > 0) fillUniform(createStream(seed, 'weights', index), data, -limit, limit)
    return { name, shape, data }
  })
}

function bound({ shape, fanIn, fanOut }: WeightShape, scheme: InitialWeightScheme): number {
  if (scheme === 'pytorch') return 1 / Math.sqrt(fanIn)
  if (shape.length === 1) return 0
  return Math.sqrt(6 / (scheme === 'glorot' ? fanIn + fanOut : fanIn))
}

/**
 * Checks that weights belong to a model: their names, order, shapes and lengths.
 *
 * @throws ModelError naming the first tensor that differs
 */
export function checkWeights(spec: ModelSpec, weights: Weights): void {
  const expected = weightShapes(spec)
  checkTensors(spec, weights, expected)
  for (const [index, { name }] of expected.entries()) {
    const got = weights[index]!.name
    if (got !== name)
      throw foreign(spec, { what: `tensor ${index + 1} has another name`, expected: name, got })
  }
}

/**
 * Checks the shapes and lengths of tensors as {@link checkWeights} does, in any layout and without
 * the names.
 */
export function checkTensors(
  spec: ModelSpec,
  tensors: readonly NamedTensor[],
  expected: readonly Pick<NamedTensor, 'name' | 'shape'>[],
): void {
  if (tensors.length !== expected.length) {
    const got = String(tensors.length)
    throw foreign(spec, { expected: `${expected.length} tensors`, got })
  }
  for (const [index, { name, shape }] of expected.entries()) {
    const tensor = tensors[index]!
    if (tensor.shape.join() !== shape.join()) {
      throw foreign(spec, {
        what: `${name} has another shape`,
        expected: `[${shape.join(', ')}]`,
        got: `[${tensor.shape.join(', ')}]`,
      })
    }
    if (tensor.data.length !== sizeOf(shape)) {
      throw foreign(spec, {
        what: `${name} is incomplete`,
        expected: `${sizeOf(shape)} numbers`,
        got: String(tensor.data.length),
      })
    }
  }
}

function foreign(
  spec: ModelSpec,
  facts: { readonly what?: string; readonly expected: string; readonly got: string },
): ModelError {
  return new ModelError({
    where: `weights of ${spec.name}`,
    ...facts,
    hint: 'use weights saved from this model',
  })
}
