import type { OnnxGraph, OnnxNode, OnnxTensor } from '../formats/onnx-model.js'
import type { Normalization } from '../spec.js'
import type { Pair } from '../window.js'
import { asDescribed } from './described-spec.js'
import { cannotImport, damagedFile, isSide } from './foreign-error.js'
import { type ForeignModel, type ForeignWindow, LayerChain, permuted } from './layer-chain.js'
import { decodeOnnx } from './onnx-decoder.js'
import { integersOf, type KnownIntegers } from './onnx-integers.js'
import { SPEC_KEY } from '../formats/spec-key.js'

/**
 * Reads an ONNX file of float32 whose nodes follow each other.
 *
 * @param where the file, for errors
 * @throws ModelError when it is damaged, or has something that a ModelSpec has no word for
 */
export function fromOnnx(bytes: Uint8Array, where: string, pixels: Normalization): ForeignModel {
  const { graph, metadata } = decodeOnnx(bytes, where)
  const model = new GraphReader(graph, where).read(pixels)
  return asDescribed(model, metadata[SPEC_KEY], where)
}

/** Whether the channels of an image come first or last. */
type Order = 'channels' | 'pixels'

/** What exporters call every graph. */
const NAMES_OF_EXPORTERS = ['main_graph', 'torch_jit', 'torch-jit-export', 'tf2onnx']

const TO_PIXELS = '0,2,3,1'
const TO_CHANNELS = '0,3,1,2'

class GraphReader {
  readonly #constants = new Map<string, OnnxTensor>()
  readonly #integers = new Map<string, KnownIntegers>()
  readonly #chain: LayerChain
  /** The name of the last output. */
  #value: string
  #order: Order = 'channels'

  constructor(
    readonly graph: OnnxGraph,
    readonly where: string,
  ) {
    for (const tensor of graph.initializers) this.#constants.set(tensor.name, tensor)
    const inputs = graph.inputs.filter(({ name }) => !this.#constants.has(name))
    if (inputs.length !== 1) {
      const got = `${inputs.length} inputs`
      throw damagedFile(where, 'the model has no single input', { expected: '1', got })
    }
    const [{ name, shape }] = inputs as [(typeof inputs)[0]]
    this.#value = name
    const sides = shape.slice(1)
    if (!sides.every((side) => isSide(side)))
      throw cannotImport(where, 'an input of unknown size', 'numbers for all sides but the batch')
    const image = sides as readonly number[]
    // Where the first node moves the channels, they are the last ones of the input.
    if (image.length === 3 && axesOf(graph.nodes[0]) === TO_CHANNELS) this.#order = 'pixels'
    const [a, b, c] = image
    this.#chain = new LayerChain(
      where,
      image.length === 3 && this.#order === 'channels' ? [b!, c!, a!] : image,
    )
  }

  read(pixels: Normalization): ForeignModel {
    for (const node of this.graph.nodes) this.#node(node)
    const [output, ...others] = this.graph.outputs
    if (output?.name !== this.#value || others.length > 0)
      throw cannotImport(this.where, 'a model whose output is not that of its last node')
    const { name } = this.graph
    return this.#chain.finish(NAMES_OF_EXPORTERS.includes(name) ? '' : name, pixels)
  }

  #node(node: OnnxNode): void {
    if (node.domain !== '' && node.domain !== 'ai.onnx')
      throw cannotImport(this.#place(node), `a node of the domain ${node.domain}`)
    if (node.type === 'Constant') {
      const { value } = node.attributes
      if (typeof value !== 'object' || !('data' in value))
        throw cannotImport(this.#place(node), 'a constant that is no tensor')
      this.#constants.set(node.outputs[0] ?? '', value)
      return
    }
    const known = integersOf(node, {
      of: (name) => this.#integers.get(name) ?? integersIn(this.#constants.get(name)),
      shapeOf: (name) => (name === this.#value ? this.#shape() : undefined),
    })
    if (known !== undefined) {
      this.#integers.set(node.outputs[0] ?? '', known)
      return
    }
    const at = node.inputs.indexOf(this.#value)
    if (at === -1 || (at === 1 && !['Add', 'Mul'].includes(node.type)) || at > 1)
      throw cannotImport(this.#place(node), `a node ${node.type} beside the chain of nodes`)
    this.#layer(node, this.#constants.get(node.inputs[1 - at] ?? ''))
    this.#value = node.outputs[0] ?? ''
  }

  /** Returns the shape of the last output as the graph has it, with a batch of unknown size. */
  #shape(): KnownIntegers {
    const { shape } = this.#chain
    const [height, width, channels] = shape
    if (shape.length === 1) return [undefined, ...shape]
    return this.#order === 'pixels'
      ? [undefined, height, width, channels]
      : [undefined, channels, height, width]
  }

  #layer(node: OnnxNode, constant: OnnxTensor | undefined): void {
    const chain = this.#chain
    const what = `node ${node.name === '' ? node.outputs[0] : node.name} (${node.type})`
    switch (node.type) {
      case 'Identity':
      case 'Cast':
        return
      case 'Dropout':
        return
      case 'Relu':
        return chain.add({ type: 'relu' }, what)
      case 'Tanh':
        return chain.add({ type: 'tanh' }, what)
      case 'Softmax':
      // Its largest class and its loss are those of a softmax.
      case 'LogSoftmax': {
        const axis = node.attributes['axis'] ?? -1
        if (axis !== 1 && axis !== -1)
          throw this.#no(node, `a softmax along axis ${JSON.stringify(axis)}`)
        return chain.add({ type: 'softmax' }, what)
      }
      case 'Conv':
        return this.#conv(node, this.#weights(node, 1), what)
      case 'Gemm':
        return this.#gemm(node, this.#weights(node, 1), what)
      case 'MatMul': {
        const kernel = this.#weights(node, 1)
        if (kernel.shape.length !== 2) throw this.#no(node, 'a product of more than two axes')
        return chain.dense(kernel, undefined, what)
      }
      case 'MaxPool':
        return this.#pool('maxPool2d', node, what)
      case 'AveragePool':
        return this.#pool('avgPool2d', node, what)
      case 'GlobalAveragePool':
      case 'GlobalMaxPool': {
        const size = chain.shape.slice(0, 2) as unknown as Pair
        const type = node.type === 'GlobalMaxPool' ? 'maxPool2d' : 'avgPool2d'
        if (size.length !== 2) throw this.#no(node, 'a pooling of features')
        return chain.pool2d(type, { size, stride: size, pads: [0, 0, 0, 0] }, what)
      }
      case 'Flatten':
        if ((node.attributes['axis'] ?? 1) !== 1) throw this.#no(node, 'a flatten of a batch')
        return chain.flatten(this.#order, what)
      case 'Squeeze':
        if (chain.shape.length !== 3 || chain.shape[0] !== 1 || chain.shape[1] !== 1)
          throw this.#no(node, 'removing axes')
        return chain.flatten(this.#order, what)
      case 'Reshape':
        return this.#reshape(node, what)
      case 'Transpose': {
        const axes = axesOf(node)
        const expected = this.#order === 'channels' ? TO_PIXELS : TO_CHANNELS
        if (axes !== expected || chain.shape.length !== 3)
          throw this.#no(node, `a transposition to axes ${axes ?? 'in reverse'}`)
        this.#order = this.#order === 'channels' ? 'pixels' : 'channels'
        return
      }
      case 'Add':
      case 'Sub':
      case 'Mul':
      case 'Div':
        return this.#arithmetic(node, constant, what)
      default:
        throw this.#no(node, `a node ${node.type}`)
    }
  }

  #arithmetic(node: OnnxNode, constant: OnnxTensor | undefined, what: string): void {
    if (!(constant?.data instanceof Float32Array) || constant.data.length === 0)
      throw this.#no(node, `${node.type} of two values`)
    const { data, shape } = constant
    if (node.type === 'Add' && !this.#chain.isAtStart) {
      // The channels come before height and width.
      const channels = this.#chain.shape.length === 1 ? shape.at(-1) : shape.at(-3)
      if (channels !== data.length) throw this.#no(node, 'a sum with a constant')
      return this.#chain.addBias(data, what)
    }
    const [number] = data as unknown as readonly [number]
    if (data.some((other) => other !== number))
      throw this.#no(node, `${node.type} of other numbers for each channel or pixel`)
    if (node.type === 'Add') this.#chain.scale(1, number, what)
    if (node.type === 'Sub') this.#chain.scale(1, -number, what)
    if (node.type === 'Mul') this.#chain.scale(number, 0, what)
    if (node.type === 'Div') this.#chain.scale(1 / number, 0, what)
  }

  #conv(node: OnnxNode, kernel: FloatTensor, what: string): void {
    if (kernel.shape.length !== 4) throw this.#no(node, 'a convolution of other than two axes')
    const group = node.attributes['group'] ?? 1
    if (group !== 1) throw this.#no(node, 'a convolution of groups of channels', 'group 1')
    if (this.#order === 'pixels') throw this.#no(node, 'a convolution of transposed images')
    const [, , height, width] = kernel.shape as unknown as readonly [number, number, number, number]
    const window = this.#window(node, [height, width])
    const bias = node.inputs[2] === undefined || node.inputs[2] === ''
    this.#chain.conv2d(
      window,
      permuted(kernel, [2, 3, 1, 0]),
      bias ? undefined : this.#weights(node, 2),
      what,
    )
  }

  #gemm(node: OnnxNode, kernel: FloatTensor, what: string): void {
    const { alpha = 1, beta = 1, transA = 0, transB = 0 } = node.attributes
    if (alpha !== 1 || beta !== 1 || transA !== 0 || kernel.shape.length !== 2)
      throw this.#no(node, 'a product that is scaled or transposed')
    const hasBias = node.inputs[2] !== undefined && node.inputs[2] !== ''
    const bias = hasBias ? this.#weights(node, 2) : undefined
    this.#chain.dense(transB === 1 ? permuted(kernel, [1, 0]) : kernel, bias, what)
  }

  #pool(type: 'avgPool2d' | 'maxPool2d', node: OnnxNode, what: string): void {
    if (this.#order === 'pixels') throw this.#no(node, 'a pooling of transposed images')
    const window = this.#window(node, undefined)
    const { size, stride } = window
    const sides = this.#chain.shape
    const isExact = size.every((side, axis) => (sides[axis]! - side) % (stride[axis] ?? 1) === 0)
    if ((node.attributes['ceil_mode'] ?? 0) !== 0 && !isExact)
      throw this.#no(node, 'a pooling that rounds its size up', 'ceil_mode 0')
    this.#chain.pool2d(type, window, what)
  }

  #window(node: OnnxNode, kernelSize: Pair | undefined): ForeignWindow {
    const { attributes } = node
    const size = attributes['kernel_shape'] ?? kernelSize
    const stride = attributes['strides'] ?? [1, 1]
    const dilations = attributes['dilations'] ?? [1, 1]
    const pads = attributes['pads'] ?? [0, 0, 0, 0]
    const automatic = attributes['auto_pad'] ?? 'NOTSET'
    if (!isPair(size) || !isPair(stride) || (kernelSize && size.join() !== kernelSize.join()))
      throw this.#no(node, 'a window of other than two axes')
    if (!isPair(dilations) || dilations.join() !== '1,1')
      throw this.#no(node, 'a window with gaps', 'dilations 1')
    if (automatic === 'SAME_UPPER') return { size, stride, pads: 'same' }
    const isQuad = Array.isArray(pads) && pads.length === 4 && pads.every((n) => isSide(n, 0))
    if (!isQuad || (automatic !== 'NOTSET' && automatic !== 'VALID'))
      throw this.#no(node, `the padding ${JSON.stringify(automatic)}`)
    return { size, stride, pads: pads as unknown as readonly [number, number, number, number] }
  }

  #reshape(node: OnnxNode, what: string): void {
    const name = node.inputs[1] ?? ''
    const target = this.#integers.get(name) ?? integersIn(this.#constants.get(name))
    if (target === undefined) throw this.#no(node, 'a reshape to an unknown shape')
    const { shape } = this.#chain
    const size = shape.reduce((product, side) => product * side, 1)
    const isFlat = target.length === 2 && [size, -1].includes(target[1] ?? 0)
    if (isFlat) return this.#chain.flatten(this.#order, what)
    const [, channels, height, width] = target
    if (target.length !== 4 || shape.length !== 1 || channels !== 1)
      throw this.#no(node, `a reshape to [${target.map((side) => side ?? 'batch').join(', ')}]`)
    this.#chain.reshapeInput([height ?? 0, width ?? 0, 1], what)
  }

  #weights(node: OnnxNode, at: number): FloatTensor {
    const tensor = this.#constants.get(node.inputs[at] ?? '')
    if (!(tensor?.data instanceof Float32Array))
      throw this.#no(node, `a node ${node.type} without constant weights of float32`)
    return { shape: tensor.shape, data: tensor.data }
  }

  #no(node: OnnxNode, what: string, expected?: string): Error {
    return cannotImport(this.#place(node), what, expected)
  }

  #place({ name, outputs, type }: OnnxNode): string {
    return `${this.where} at node ${name === '' ? (outputs[0] ?? type) : name}`
  }
}

/** A constant of float32. */
interface FloatTensor {
  readonly shape: readonly number[]
  readonly data: Float32Array
}

function integersIn(tensor: OnnxTensor | undefined): KnownIntegers | undefined {
  return tensor === undefined || tensor.data instanceof Float32Array ? undefined : tensor.data
}

function isPair(value: unknown): value is Pair {
  return Array.isArray(value) && value.length === 2 && value.every((side) => isSide(side))
}

/** Returns the axes of a transposition as text, or undefined for another node. */
function axesOf(node: OnnxNode | undefined): string | undefined {
  const axes = node?.type === 'Transpose' ? node.attributes['perm'] : undefined
  return Array.isArray(axes) ? axes.join() : undefined
}
