// Reads the messages of formats/onnx-model.ts. Other fields are skipped, among them the graphs within
// attributes, so that no message contains another one of its own type and the depth is bounded.
import { PbfReader } from 'pbf'
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

/** The type of a text, a message or a list on the wire. */
const BYTES = 2

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
  if (graph === undefined) throw damaged(where, 'there is no graph in it')
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

/** Returns the texts and the whole numbers of a message that has nothing else of interest. */
function readFields<Text extends string, Int extends string>(
  message: Message,
  texts: Readonly<Record<number, Text>>,
  ints: Readonly<Record<number, Int>>,
): { [name in Text]?: string } & { [name in Int]?: number } {
  const found: Record<string, string | number> = {}
  message.each((field) => {
    const [text, int] = [texts[field], ints[field]]
    if (text !== undefined) found[text] = message.text()
    if (int !== undefined) found[int] = message.int()
  })
  return found as { [name in Text]?: string } & { [name in Int]?: number }
}

/** A message that is being read. It has a reader of its own, so that nothing leaves its bytes. */
class Message {
  readonly #pbf: PbfReader

  constructor(
    bytes: Uint8Array,
    readonly where: string,
  ) {
    this.#pbf = new PbfReader(bytes)
  }

  /** Calls `read` for each field. It reads the value or leaves it. */
  each(read: (field: number) => void): void {
    try {
      for (let field = this.#pbf.nextField(); field !== 0; field = this.#pbf.nextField())
        read(field)
    } catch (cause) {
      if (cause instanceof ModelError) throw cause
      throw damaged(this.where, 'it is damaged, or is not an ONNX file', cause)
    }
    this.#checkEnd()
  }

  text(): string {
    return new TextDecoder().decode(this.bytes())
  }
  message(): Message {
    return new Message(this.bytes(), this.where)
  }
  bytes(): Uint8Array {
    this.#expect(BYTES)
    const bytes = this.#pbf.readBytes()
    this.#checkEnd()
    return bytes
  }
  int(): number {
    this.#expect(0)
    return this.#pbf.readVarint(true)
  }
  float(): number {
    this.#expect(5)
    return this.#pbf.readFloat()
  }
  /** Adds whole numbers to a list, packed or one alone. */
  ints(list: number[]): void {
    this.#list(list, 0, (packed) => {
      if (list.length === MAX_INTEGERS) throw damaged(this.where, 'a list of integers is too long')
      return packed.readVarint(true)
    })
  }
  floats(list: number[]): void {
    this.#list(list, 5, (packed) => packed.readFloat())
  }
  doubles(list: number[]): void {
    this.#list(list, 1, (packed) => packed.readDouble())
  }

  #list(list: number[], type: number, read: (pbf: PbfReader) => number): void {
    if (this.#pbf.type === type) {
      list.push(read(this.#pbf))
      return
    }
    const packed = new PbfReader(this.bytes())
    while (packed.pos < packed.length) list.push(read(packed))
    if (packed.pos > packed.length) throw damaged(this.where, 'a list of numbers is truncated')
  }

  #expect(type: number): void {
    if (this.#pbf.type !== type) throw damaged(this.where, 'a field has another type')
  }

  #checkEnd(): void {
    if (this.#pbf.pos > this.#pbf.length) throw damaged(this.where, 'it is truncated')
  }
}

const HINT = 'the file is damaged or is not an ONNX file; save or fetch it again'

function damaged(where: string, what: string, cause?: unknown): ModelError {
  return new ModelError({ where, what, hint: HINT, cause })
}

function unsupported(where: string, what: string): ModelError {
  return new ModelError({
    where,
    what: `${what} cannot be imported`,
    expected: 'constants of float32 within the file',
    hint: 'save the model with its weights in one file, as float32',
  })
}
