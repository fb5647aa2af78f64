import { sizeOf } from '@mnist-lab/core'
import { type Layer, type Shape, shapeText, typeOf } from '../layers.js'
import { MAX_LAYERS } from '../limits.js'
import { ModelError } from '../model-error.js'
import { type ModelSpec, type Normalization, parseModelSpec } from '../spec.js'
import { checkWeights, type Weights, weightShapes } from '../weights.js'
import { type Pair, windowOf } from '../window.js'
import { cannotImport } from './foreign-error.js'

/** A tensor of a file. */
export interface ForeignTensor {
  readonly shape: Shape
  readonly data: Float32Array
}

/** What a file says of a model. */
export interface ForeignModel {
  readonly spec: ModelSpec
  readonly weights: Weights
  /** Whether the ModelSpec is the one that our export kept in the file. */
  readonly isDescribed?: true
}

/** A window whose zeros are given in numbers. */
export interface ForeignWindow {
  readonly size: Pair
  readonly stride: Pair
  /** The zeros above, on the left, below and on the right, or those of TensorFlow's `same`. */
  readonly pads: readonly [number, number, number, number] | 'same'
}

type Image = readonly [height: number, width: number, channels: number]

/**
 * The layers of a model that is being read, one after the other, with the shape of the last output.
 * It keeps weights in Keras layout.
 */
export class LayerChain {
  readonly #where: string
  #inputShape: Image
  readonly #layers: Layer[] = []
  readonly #parameters: { kernel: Float32Array; bias: Float32Array }[] = []
  #shape: Shape
  /** The image whose channels were flattened first, until a dense layer takes the features. */
  #flattened: Image | undefined
  #scale = 1
  #offset = 0

  /**
   * @param where the file, for errors
   * @param inputShape an image [height, width, channels] or [height, width], or [features]
   */
  constructor(where: string, inputShape: Shape) {
    this.#where = where
    const [height, width = 0, channels = 1] = inputShape
    if (inputShape.length > 1 && inputShape.length < 4) {
      this.#inputShape = [height!, width, channels]
      this.#shape = this.#inputShape
    } else if (inputShape.length === 1) {
      // Features are the pixels of an image, which is square if it can be.
      const side = Math.sqrt(height!)
      this.#inputShape = Number.isInteger(side) ? [side, side, 1] : [1, height!, 1]
      this.#shape = inputShape
      this.#layers.push({ type: 'flatten' })
    } else {
      throw cannotImport(
        where,
        `an input of shape ${shapeText(inputShape)}`,
        'an image or features',
      )
    }
  }

  /** The shape of the last output. */
  get shape(): Shape {
    return this.#shape
  }

  /** Whether the pixels have not reached a layer yet. */
  get isAtStart(): boolean {
    return this.#layers.every(({ type }) => type === 'flatten')
  }

  /** Adds the step y = factor · x + summand, which must stand before all layers. */
  scale(factor: number, summand: number, what: string): void {
    if (!this.isAtStart) throw cannotImport(this.#place(what), 'scaling behind a layer')
    this.#scale *= factor
    this.#offset = this.#offset * factor + summand
  }

  /** Takes the features of the input as an image. */
  reshapeInput(image: Shape, what: string): void {
    const isSame = sizeOf(image) === sizeOf(this.#inputShape)
    const [channels] = image.slice(2)
    if (!this.isAtStart || image.length !== 3 || !isSame || channels !== 1)
      throw cannotImport(this.#place(what), `reshaping to ${shapeText(image)}`)
    this.#layers.length = 0
    this.#inputShape = image as Image
    this.#shape = image
  }

  /** Adds a layer without weights. */
  add(layer: Layer, what: string): void {
    if (this.#layers.length === MAX_LAYERS) {
      throw new ModelError({
        where: this.#where,
        expected: `at most ${MAX_LAYERS} layers`,
        got: 'more',
        hint: 'bring a smaller model',
      })
    }
    this.#shape = typeOf(layer).shape(layer, this.#shape, this.#place(what)).outputShape
    this.#layers.push(layer)
  }

  /**
   * Flattens an image, and does nothing with what is flat.
   *
   * @param order whether the features of a pixel are beside each other, or those of a channel
   */
  flatten(order: 'pixels' | 'channels', what: string): void {
    if (this.#shape.length === 1) return
    const [height, width, channels] = this.#shape as Image
    if (order === 'channels' && channels > 1 && height * width > 1)
      this.#flattened = [height, width, channels]
    this.add({ type: 'flatten' }, what)
  }

  /** @param kernel [height, width, in, filters] */
  conv2d(
    window: ForeignWindow,
    kernel: ForeignTensor,
    bias: ForeignTensor | undefined,
    what: string,
  ): void {
    const { size, stride } = window
    const filters = kernel.shape[3]!
    const padding = this.#paddingOf(window, what)
    this.add(
      {
        type: 'conv2d',
        filters,
        kernelSize: plain(size),
        ...(plain(stride) === 1 ? {} : { stride: plain(stride) }),
        ...(padding === 0 ? {} : { padding }),
      },
      what,
    )
    this.#keep(kernel, bias, filters)
  }

  /** @param kernel [in, units] */
  dense(kernel: ForeignTensor, bias: ForeignTensor | undefined, what: string): void {
    const [inputs, units] = kernel.shape as Pair
    this.add({ type: 'dense', units }, what)
    const flattened = this.#flattened
    this.#flattened = undefined
    if (flattened === undefined || sizeOf(flattened) !== inputs)
      return this.#keep(kernel, bias, units)
    const [height, width, channels] = flattened
    const asImage = { shape: [channels, height, width, units], data: kernel.data }
    this.#keep({ ...kernel, data: permuted(asImage, [1, 2, 0, 3]).data }, bias, units)
  }

  /** Adds numbers to the bias of the last layer with weights, which must be the last layer. */
  addBias(more: Float32Array, what: string): void {
    const type = this.#layers.at(-1)?.type
    const bias = this.#parameters.at(-1)?.bias
    if (
      (type !== 'dense' && type !== 'conv2d') ||
      bias === undefined ||
      bias.length !== more.length
    )
      throw cannotImport(this.#place(what), 'a sum with a constant')
    for (const [i, value] of more.entries()) bias[i] = bias[i]! + value
  }

  pool2d(type: 'avgPool2d' | 'maxPool2d', window: ForeignWindow, what: string): void {
    if (this.#paddingOf(window, what) !== 0)
      throw cannotImport(this.#place(what), 'a pooling with padding', 'a pooling without padding')
    const { size, stride } = window
    const isDefault = size.join() === stride.join()
    this.add({ type, poolSize: plain(size), ...(isDefault ? {} : { stride: plain(stride) }) }, what)
  }

  /**
   * Returns the model.
   *
   * @param pixels how the input of the file follows from pixels from 0 to 1: (pixel − mean) / std
   */
  finish(name: string, pixels: Normalization): ForeignModel {
    if (this.#flattened !== undefined)
      throw cannotImport(this.#where, 'a flatten of channels with no dense layer behind it')
    // (pixel − mean) / std · scale + offset
    const std = pixels.std / this.#scale
    const mean = pixels.mean - this.#offset * std
    const spec = parseModelSpec(
      {
        name: name === '' ? 'imported' : name,
        inputShape: [...this.#inputShape],
        ...(mean === 0 && std === 1 ? {} : { normalization: { mean, std } }),
        layers: this.#layers,
      },
      this.#where,
    )
    const data = this.#parameters.flatMap(({ kernel, bias }) => [kernel, bias])
    const weights = weightShapes(spec).map(({ name, shape }, at) => ({
      name,
      shape,
      data: data[at]!,
    }))
    checkWeights(spec, weights)
    return { spec, weights }
  }

  #keep(kernel: ForeignTensor, bias: ForeignTensor | undefined, outputs: number): void {
    this.#parameters.push({
      kernel: kernel.data,
      bias: bias === undefined ? new Float32Array(outputs) : Float32Array.from(bias.data),
    })
  }

  /** Returns the zeros as a ModelSpec says them. */
  #paddingOf({ size, stride, pads }: ForeignWindow, what: string): number | 'same' {
    const [height, width] = this.#shape as Image
    const same = windowOf({ size, stride, padding: 'same' }, [height, width]).padding
    const ofSame = [same.top, same.left, same.bottom, same.right]
    if (ofSame.some((zeros) => zeros > 0) && (pads === 'same' || pads.join() === ofSame.join())) {
      const [first] = ofSame
      return pads !== 'same' && ofSame.every((zeros) => zeros === first) ? first! : 'same'
    }
    if (pads === 'same') return 0
    const [first] = pads
    if (pads.every((zeros) => zeros === first)) return first
    const text = `padding ${pads.join(', ')} (above, left, below, right)`
    throw cannotImport(this.#place(what), text, 'the same on all sides, or "same"')
  }

  #place(what: string): string {
    return `${this.#where} at ${what}`
  }
}

/** Returns a pair of equal numbers as one number. */
function plain([height, width]: Pair): number | Pair {
  return height === width ? height : [height, width]
}

/** Returns a tensor with its axes in another order, as NumPy's `transpose` does. */
export function permuted({ shape, data }: ForeignTensor, axes: readonly number[]): ForeignTensor {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)))
  const to = axes.map((axis) => shape[axis]!)
  const steps = axes.map((axis) => strides[axis]!)
  const layout = { shape: to, strides: steps, offset: 0, count: data.length }
  return { shape: to, data: stridedNumbers(data, layout) }
}

/** Says where the numbers of a tensor are in a storage. */
interface StridedLayout {
  readonly shape: Shape
  readonly strides: readonly number[]
  /** The index of the first number. */
  readonly offset: number
  /** Says how many numbers there are. */
  readonly count: number
}

/**
 * Returns the numbers of a tensor in the order of its axes.
 *
 * @param numbers the storage, in which a step along an axis is as long as its stride says
 */
export function stridedNumbers(
  numbers: Float32Array,
  { shape, strides, offset, count }: StridedLayout,
): Float32Array<ArrayBuffer> {
  const data = new Float32Array(count)
  const index = shape.map(() => 0)
  let from = offset
  for (let i = 0; i < data.length; i++) {
    data[i] = numbers[from]!
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = index[axis]! + 1
      from += strides[axis]!
      if (index[axis]! < shape[axis]!) break
      from -= strides[axis]! * shape[axis]!
      index[axis] = 0
    }
  }
  return data
}
