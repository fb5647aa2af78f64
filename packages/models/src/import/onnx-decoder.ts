// Reads the messages of formats/onnx-model.ts. Other fields are skipped, among them the graphs
// within attributes, so that no message contains another one of its own type and the depth is
// bounded.
import {
  ATTRIBUTE,
  ELEMENT,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValue,
} from '../formats/onnx-model.js'
import { MAX_DIMENSIONS, MAX_GRAPH_PARTS, MAX_INTEGERS } from '../limits.js'
import { ModelError } from '../model-error.js'
import { damaged, HINT, Message, readFields } from './protobuf-message.js'

/**
 * Reads an ONNX file.
 *
 * @param where the file, for errors
 * @throws ModelError when the bytes are not one such file, or have more parts than a model can
 */
export function decodeOnnx(bytes: Uint8Array, where: string): OnnxModel {
  const message = new Message(bytes, where)
  let opset = 0
  let producer = ''
  let graph: OnnxGraph | undefined
  const metadata: Record<string, string> = {}
  message.each((field) => {
    if (field === 2) producer = message.text()
    if (field === 7) graph = readGraph(message.message())
    if (field === 8) {
      const { domain = '', version } = readFields(
        message.message(),
        { 1: 'domain' },
        { 2: 'version' },
      )
      if (domain === '' || domain === 'ai.onnx') opset = version ?? 0
    }
    if (field === 14) {
      const { key = '', value = '' } = readFields(message.message(), { 1: 'key', 2: 'value' }, {})
      Object.defineProperty(metadata, key, { value, enumerable: true, configurable: true })
    }
  })
  if (graph === undefined)
    throw damaged(where, 'it is an ONNX file without a graph, or a file of an unknown format')
  return { opset, producer, graph, metadata }
}

function readGraph(message: Message): OnnxGraph {
  const graph = {
    name: '',
    nodes: [] as OnnxNode[],
    initializers: [] as OnnxTensor[],
    inputs: [] as OnnxValue[],
    outputs: [] as OnnxValue[],
  }
  let parts = 0
  message.each((field) => {
    if (field === 2) graph.name = message.text()
    if (![1, 5, 11, 12, 15].includes(field)) return
    if (++parts > MAX_GRAPH_PARTS) {
      throw new ModelError({
        where: message.where,
        what: 'the graph is too large',
        expected: `at most ${MAX_GRAPH_PARTS} nodes and constants`,
        got: 'more',
        hint: 'bring a model of fewer layers',
      })
    }
    if (field === 15) throw unsupported(message.where, 'a sparse constant')
    const part = message.message()
    if (field === 1) graph.nodes.push(readNode(part))
    if (field === 5) graph.initializers.push(readTensor(part))
    if (field === 11) graph.inputs.push(readValue(part))
    if (field === 12) graph.outputs.push(readValue(part))
  })
  return graph
}

function readNode(message: Message): OnnxNode {
  const [inputs, outputs]: [string[], string[]] = [[], []]
  const attributes = new Map<string, OnnxAttribute>()
  const texts: { name?: string; type?: string; domain?: string } = {}
  message.each((field) => {
    if (field === 1) inputs.push(message.text())
    if (field === 2) outputs.push(message.text())
    if (field === 3) texts.name = message.text()
    if (field === 4) texts.type = message.text()
    if (field === 7) texts.domain = message.text()
    if (field === 5) {
      const [key, value] = readAttribute(message.message())
      if (value !== undefined) attributes.set(key, value)
    }
  })
  const { name = '', type = '', domain = '' } = texts
  return { name, type, domain, inputs, outputs, attributes: Object.fromEntries(attributes) }
}

function readAttribute(message: Message): readonly [string, OnnxAttribute | undefined] {
  let key = ''
  let type = 0
  const values: {
    float?: number
    int?: number
    text?: string
    tensor?: OnnxTensor
    floats: number[]
    ints: number[]
  } = { floats: [], ints: [] }
  message.each((field) => {
    if (field === 1) key = message.text()
    if (field === 2) values.float = message.float()
    if (field === 3) values.int = message.int()
    if (field === 4) values.text = message.text()
    if (field === 5) values.tensor = readTensor(message.message())
    if (field === 7) message.floats(values.floats)
    if (field === 8) message.ints(values.ints)
    if (field === 20) type = message.int()
  })
  const byType: Readonly<Record<number, OnnxAttribute | undefined>> = {
    [ATTRIBUTE.float]: values.float ?? 0,
    [ATTRIBUTE.int]: values.int ?? 0,
    [ATTRIBUTE.string]: values.text ?? '',
    [ATTRIBUTE.tensor]: values.tensor,
    [ATTRIBUTE.floats]: values.floats,
    [ATTRIBUTE.ints]: values.ints,
  }
  return [key, byType[type]]
}

function readTensor(message: Message): OnnxTensor {
  const shape: number[] = []
  let type = 0
  let name = ''
  let raw: Uint8Array | undefined
  const [floats, ints, doubles]: [number[], number[], number[]] = [[], [], []]
  let isElsewhere = false
  message.each((field) => {
    if (field === 1) message.ints(shape)
    if (field === 2) type = message.int()
    if (field === 4) message.floats(floats)
    if (field === 7) message.ints(ints)
    if (field === 8) name = message.text()
    if (field === 9) raw = message.bytes()
    if (field === 10) message.doubles(doubles)
    if (field === 13) message.bytes()
    if (field === 14) isElsewhere = message.int() === 1
  })
  const { where } = message
  const size = shape.reduce((product, side) => product * side, 1)
  if (
    shape.length > MAX_DIMENSIONS ||
    !Number.isSafeInteger(size) ||
    shape.some((side) => side < 0)
  )
    throw damaged(where, `constant ${name} has no valid shape`)
  if (isElsewhere) throw unsupported(where, `constant ${name}, whose numbers are in another file,`)
  const bytesOf: Readonly<Record<number, number>> = {
    [ELEMENT.float]: 4,
    [ELEMENT.int64]: 8,
    [ELEMENT.double]: 8,
  }
  const width = bytesOf[type]
  if (width === undefined) throw unsupported(where, `constant ${name} of element type ${type}`)
  const listed = { [ELEMENT.float]: floats, [ELEMENT.int64]: ints, [ELEMENT.double]: doubles }[
    type
  ]!
  const length = raw === undefined ? listed.length : raw.length / width
  if (length !== size) {
    throw new ModelError({
      where,
      what: `constant ${name} has another length than its shape`,
      expected: `${size} numbers`,
      got: String(length),
      hint: HINT,
    })
  }
  const values = raw === undefined ? listed : numbersOf(raw, type)
  if (type === ELEMENT.int64 && size > MAX_INTEGERS)
    throw damaged(where, `constant ${name} has too many integers`)
  if (type === ELEMENT.int64) return { name, shape, data: Array.from(values) }
  return { name, shape, data: values instanceof Float32Array ? values : Float32Array.from(values) }
}

/** Returns little-endian numbers, copied, because a view would need an offset that fits. */
function numbersOf(raw: Uint8Array, type: number): Float32Array | readonly number[] | Float64Array {
  const { buffer } = Uint8Array.from(raw)
  if (type === ELEMENT.float) return new Float32Array(buffer)
  if (type === ELEMENT.double) return new Float64Array(buffer)
  return Array.from(new BigInt64Array(buffer), Number)
}

function readValue(message: Message): OnnxValue {
  let name = ''
  const shape: (number | string)[] = []
  message.each((field) => {
    if (field === 1) name = message.text()
    if (field !== 2) return
    const type = message.message()
    type.each((field) => {
      if (field !== 1) return
      const tensor = type.message()
      tensor.each((field) => {
        if (field !== 2) return
        const sides = tensor.message()
        sides.each((field) => {
          if (field !== 1) return
          const { text = '', value } = readFields(sides.message(), { 2: 'text' }, { 1: 'value' })
          shape.push(value ?? text)
        })
      })
    })
  })
  return { name, shape }
}

function unsupported(where: string, what: string): ModelError {
  return new ModelError({
    where,
    what: `${what} cannot be imported`,
    expected: 'constants of float32 within the file',
    hint: 'save the model with its weights in one file, as float32',
  })
}
