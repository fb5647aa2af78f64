// Reads layers in the words of Keras 2, Keras 3 and TensorFlow.js, which differ in the input and in
// how layers of a functional model are connected.
import type { Layer } from '../layers.js'
import { ModelError } from '../model-error.js'
import type { Normalization } from '../spec.js'
import type { Pair } from '../window.js'
import { cannotImport, damagedFile, isRecord, isShape, isSide } from './foreign-error.js'
import { type ForeignModel, type ForeignTensor, LayerChain } from './layer-chain.js'

type Config = Readonly<Record<string, unknown>>

/** A layer of a file. */
export interface ConfiguredLayer {
  readonly className: string
  readonly name: string
  readonly config: Config
}

/**
 * Returns the layers of a Sequential model, or of a functional one whose layers follow each other.
 *
 * @param model the object with `class_name` and `config`
 */
export function configuredLayers(
  model: unknown,
  where: string,
): { readonly name: string; readonly layers: readonly ConfiguredLayer[] } {
  if (!isRecord(model)) throw damagedFile(where, 'there is no model in it')
  const { class_name: className, config } = model
  if (!['Sequential', 'Functional', 'Model'].includes(className as string))
    throw cannotImport(
      where,
      `a model of the class ${shown(className)}`,
      'Sequential or Functional',
    )
  // Keras 2.2 and earlier write the list of layers alone.
  const list = isRecord(config) ? config['layers'] : config
  if (!Array.isArray(list)) throw damagedFile(where, 'the model has no list of layers')
  const name = isRecord(config) && typeof config['name'] === 'string' ? config['name'] : ''
  const layers = list.map((layer: unknown) => configured(layer, where))
  if (className !== 'Sequential') {
    for (const [at, layer] of list.entries())
      checkInbound(layer as Config, layers[at - 1]?.name, where)
  }
  return { name, layers }
}

function configured(layer: unknown, where: string): ConfiguredLayer {
  if (!isRecord(layer) || typeof layer['class_name'] !== 'string' || !isRecord(layer['config']))
    throw damagedFile(where, 'a layer has no class_name or no config')
  const { class_name: className, config } = layer
  const name = typeof config['name'] === 'string' ? config['name'] : ''
  return { className: className as string, name, config }
}

/** Checks that a layer of a functional model takes the output of the layer before it. */
function checkInbound(layer: Config, before: string | undefined, where: string): void {
  const nodes = layer['inbound_nodes']
  const names: unknown[] = []
  if (Array.isArray(nodes)) collectSources(nodes, names)
  if (names.join() === (before ?? '')) return
  const place = `${where} at layer ${shown((layer['config'] as Config)['name'])}`
  throw cannotImport(place, 'a layer that does not take the output of the layer before it')
}

/**
 * Collects the names of the layers that nodes refer to: `keras_history` in Keras 3, and lists that
 * begin with a name in Keras 2. The depth of JSON is bounded.
 */
function collectSources(value: unknown, names: unknown[]): void {
  if (Array.isArray(value)) {
    if (typeof value[0] === 'string' && typeof value[1] === 'number') names.push(value[0])
    else for (const part of value) collectSources(part, names)
  } else if (isRecord(value)) {
    const history = value['keras_history']
    if (history === undefined) for (const part of Object.values(value)) collectSources(part, names)
    else collectSources(history, names)
  }
}

/** Returns the kernel and the bias of a layer, as far as they are there. */
export type WeightsOf = (
  layer: ConfiguredLayer,
  expected: readonly (readonly number[])[],
) => readonly ForeignTensor[]

/** Returns the model of some layers. */
export function modelOfLayers(
  { name, layers }: { readonly name: string; readonly layers: readonly ConfiguredLayer[] },
  weightsOf: WeightsOf,
  { where, pixels }: { readonly where: string; readonly pixels: Normalization },
): ForeignModel {
  const [first] = layers
  if (first === undefined) throw damagedFile(where, 'the model has no layers')
  const chain = new LayerChain(where, inputOf(first, where))
  const reader = new LayerReader(chain, weightsOf, where)
  for (const layer of layers) if (layer.className !== 'InputLayer') reader.read(layer)
  return reader.finish(name, pixels)
}

function inputOf({ config }: ConfiguredLayer, where: string): readonly number[] {
  const batch = config['batch_shape'] ?? config['batch_input_shape']
  const shape: unknown = Array.isArray(batch) ? batch.slice(1) : undefined
  if (isShape(shape)) return shape
  throw cannotImport(where, 'a model of unknown input shape', 'an input with numbers for all sides')
}

/** The sides of an image that a ZeroPadding2D widens: above, left, below, right. */
type Pads = readonly [number, number, number, number]
const NO_PADS: Pads = [0, 0, 0, 0]

class LayerReader {
  #pads: Pads = NO_PADS

  constructor(
    readonly chain: LayerChain,
    readonly weightsOf: WeightsOf,
    readonly where: string,
  ) {}

  finish(name: string, pixels: Normalization): ForeignModel {
    if (this.#pads !== NO_PADS) throw cannotImport(this.where, 'a padding with no convolution')
    return this.chain.finish(name, pixels)
  }

  read(layer: ConfiguredLayer): void {
    const { className, name, config } = layer
    const { chain } = this
    const what = `layer ${name === '' ? className : name}`
    if (this.#pads !== NO_PADS && className !== 'Conv2D')
      throw this.#no(what, 'a padding with no convolution behind it')
    switch (className) {
      case 'Conv2D':
        return this.#conv2d(layer, what)
      case 'Dense':
        return this.#dense(layer, what)
      case 'MaxPooling2D':
        return this.#pool('maxPool2d', config, what)
      case 'AveragePooling2D':
        return this.#pool('avgPool2d', config, what)
      case 'GlobalAveragePooling2D':
      case 'GlobalMaxPooling2D': {
        const type = className === 'GlobalMaxPooling2D' ? 'maxPool2d' : 'avgPool2d'
        const size = chain.shape.slice(0, 2) as unknown as Pair
        if (chain.shape.length !== 3) throw this.#no(what, 'a pooling of features')
        chain.pool2d(type, { size, stride: size, pads: NO_PADS }, what)
        return config['keepdims'] === true ? undefined : chain.flatten('pixels', what)
      }
      case 'Activation':
        return this.#activation(config['activation'], what)
      case 'ReLU':
        if ((config['max_value'] ?? null) !== null || isSet(config, 'negative_slope', 'threshold'))
          throw this.#no(what, 'a ReLU with a slope, a threshold or a largest value')
        return chain.add({ type: 'relu' }, what)
      case 'Softmax':
        if (![-1, 1, undefined].includes(config['axis'] as number | undefined))
          throw this.#no(what, 'a softmax along another axis')
        return chain.add({ type: 'softmax' }, what)
      case 'Dropout':
        return chain.add({ type: 'dropout', rate: config['rate'] as number }, what)
      case 'Flatten':
        checkChannelsLast(config, () => this.#no(what, 'images whose channels come first'))
        return chain.flatten('pixels', what)
      case 'Reshape':
        return this.#reshape(config['target_shape'], what)
      case 'Rescaling': {
        const { scale, offset = 0 } = config
        if (typeof scale !== 'number' || typeof offset !== 'number')
          throw this.#no(what, 'a Rescaling with other numbers for each channel')
        return chain.scale(scale, offset, what)
      }
      case 'ZeroPadding2D':
        this.#pads = padsOf(config['padding'], () => this.#no(what, 'this padding'))
        return
      default:
        throw this.#no(what, `a layer ${shown(className)}`)
    }
  }

  #conv2d(layer: ConfiguredLayer, what: string): void {
    const { config } = layer
    const { filters, activation } = config
    const [size, stride] = [pairOf(config['kernel_size']), pairOf(config['strides'] ?? 1)]
    const dilation = pairOf(config['dilation_rate'] ?? 1)
    checkChannelsLast(config, () => this.#no(what, 'images whose channels come first'))
    if (size === undefined || stride === undefined || !isSide(filters))
      throw this.#no(what, 'a convolution of other than two axes')
    if (dilation?.join() !== '1,1' || (config['groups'] ?? 1) !== 1)
      throw this.#no(what, 'a convolution with gaps or with groups of channels')
    const padding = config['padding'] ?? 'valid'
    if (padding !== 'valid' && padding !== 'same')
      throw this.#no(what, `the padding ${shown(padding)}`, '"valid" or "same"')
    if (padding === 'same' && this.#pads !== NO_PADS)
      throw this.#no(what, 'padding "same" behind a padding')
    const pads = padding === 'same' ? padding : this.#pads
    this.#pads = NO_PADS
    const inputs = this.chain.shape[2]
    if (inputs === undefined) throw this.#no(what, 'a convolution of features')
    const [kernel, bias] = this.#weights(layer, [...size, inputs, filters], filters)
    this.chain.conv2d({ size, stride, pads }, kernel, bias, what)
    this.#activation(activation, what)
  }

  #dense(layer: ConfiguredLayer, what: string): void {
    const { units, activation } = layer.config
    const [inputs, ...others] = this.chain.shape
    if (!isSide(units) || others.length > 0)
      throw this.#no(what, 'a Dense of images', 'a Flatten before it')
    const [kernel, bias] = this.#weights(layer, [inputs!, units], units)
    this.chain.dense(kernel, bias, what)
    this.#activation(activation, what)
  }

  #weights(
    layer: ConfiguredLayer,
    kernelShape: readonly number[],
    outputs: number,
  ): readonly [ForeignTensor, ForeignTensor | undefined] {
    const hasBias = layer.config['use_bias'] !== false
    const expected = [kernelShape, ...(hasBias ? [[outputs]] : [])]
    const tensors = this.weightsOf(layer, expected)
    for (const [at, shape] of expected.entries()) {
      const got = tensors[at]?.shape
      if (got?.join() === shape.join()) continue
      throw new ModelError({
        where: `${this.where} at layer ${layer.name}`,
        what: 'the weights do not fit the layer',
        expected: `[${shape.join(', ')}]`,
        got: got === undefined ? 'none' : `[${got.join(', ')}]`,
        hint: 'save the model and its weights again',
      })
    }
    return [tensors[0]!, tensors[1]]
  }

  #pool(type: 'avgPool2d' | 'maxPool2d', config: Config, what: string): void {
    const size = pairOf(config['pool_size'] ?? 2)
    const stride = pairOf(config['strides'] ?? config['pool_size'] ?? 2)
    checkChannelsLast(config, () => this.#no(what, 'images whose channels come first'))
    if (size === undefined || stride === undefined || this.chain.shape.length !== 3)
      throw this.#no(what, 'a pooling of other than two axes')
    const pads = config['padding'] === 'same' ? 'same' : NO_PADS
    this.chain.pool2d(type, { size, stride, pads }, what)
  }

  /** Adds the layer of an activation function, which Keras also names in other layers. */
  #activation(value: unknown, what: string): void {
    const name = isRecord(value) ? (value['config'] ?? value['class_name']) : value
    const text = isRecord(name) ? value : name
    if (text === undefined || text === null || text === 'linear') return
    const types: readonly unknown[] = ['tanh', 'relu', 'softmax'] satisfies Layer['type'][]
    if (!types.includes(text)) throw this.#no(what, `the activation ${shown(text)}`)
    this.chain.add({ type: text as 'tanh' | 'relu' | 'softmax' }, what)
  }

  #reshape(target: unknown, what: string): void {
    const { shape } = this.chain
    if (!Array.isArray(target) || !target.every((side) => isSide(side, -1)))
      throw this.#no(what, 'this reshaping')
    if (target.join() === shape.join()) return
    if (target.length === 1) return this.chain.flatten('pixels', what)
    const image = target.length === 2 ? [...target, 1] : target
    if (image.join() !== shape.join()) this.chain.reshapeInput(image as number[], what)
  }

  #no(what: string, problem: string, expected?: string): Error {
    return cannotImport(`${this.where} at ${what}`, problem, expected)
  }
}

function isSet(config: Config, ...keys: readonly string[]): boolean {
  return keys.some((key) => (config[key] ?? 0) !== 0)
}

function checkChannelsLast(config: Config, refuse: () => Error): void {
  if ((config['data_format'] ?? 'channels_last') !== 'channels_last') throw refuse()
}

function pairOf(value: unknown): Pair | undefined {
  if (isSide(value)) return [value, value]
  return Array.isArray(value) && value.length === 2 && value.every((side) => isSide(side))
    ? (value as unknown as Pair)
    : undefined
}

/** Reads a padding: a number, a number for each axis, or two numbers for each axis. */
function padsOf(padding: unknown, refuse: () => Error): Pads {
  const axes: readonly unknown[] = Array.isArray(padding) ? padding : [padding, padding]
  const sides = axes.map((axis): unknown => (Array.isArray(axis) ? axis : [axis, axis]))
  if (sides.length !== 2) throw refuse()
  const [[top, bottom], [left, right]] = sides as [unknown[], unknown[]]
  const pads = [top, left, bottom, right]
  if (!pads.every((side) => isSide(side, 0))) throw refuse()
  return pads as unknown as Pads
}

function shown(value: unknown): string {
  return value === undefined ? 'of no name' : (JSON.stringify(value) ?? '').slice(0, 60)
}
