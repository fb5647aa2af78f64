// Reads the pickles of `torch.save` as data. Pickle is a language of a stack machine that can call
// any function; here the functions are a table of three, which build tensors and dictionaries, and
// every other one is refused by name.
import { MAX_PICKLE_BYTES } from '../limits.js'
import { cannotImport, damagedFile } from './foreign-error.js'

/** A value of a pickle. */
export type PickleValue =
  | null
  | boolean
  | number
  | string
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | PickleGlobal
  | PickleStorage
  | PickleTensor

/** The name of a function or class, which is never called. */
class PickleGlobal {
  constructor(readonly name: string) {}
}

/** The numbers of tensors, which are in another file of the archive. */
export class PickleStorage {
  /** @param type such as `torch.FloatStorage` */
  constructor(
    readonly type: string,
    readonly key: string,
    readonly length: number,
  ) {}
}

/** A tensor: which numbers of a storage it has. */
export class PickleTensor {
  constructor(
    readonly storage: PickleStorage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

/** Marks the begin of a tuple or of items on the stack. */
const MARK = Symbol('mark')

/**
 * Reads a pickle.
 *
 * @param where the file, for errors
 * @throws ModelError when it is damaged, or calls a function that builds no tensor and no
 *   dictionary
 */
export function readPickle(bytes: Uint8Array, where: string): PickleValue {
  if (bytes.length > MAX_PICKLE_BYTES) {
    throw damagedFile(where, 'the list of its tensors is too large', {
      expected: `at most ${MAX_PICKLE_BYTES} bytes`,
      got: String(bytes.length),
    })
  }
  return new Unpickler(bytes, where).run()
}

class Unpickler {
  readonly #view: DataView
  readonly #stack: (PickleValue | typeof MARK)[] = []
  readonly #memo = new Map<number, PickleValue>()
  #at = 0

  constructor(
    readonly bytes: Uint8Array,
    readonly where: string,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  run(): PickleValue {
    try {
      for (;;) {
        const code = this.#view.getUint8(this.#at++)
        if (code === 0x2e) return this.#pop()
        this.#step(code)
      }
    } catch (cause) {
      // The view's own error at the end of the bytes.
      if (cause instanceof RangeError) throw this.#damaged(cause)
      throw cause
    }
  }

  #step(code: number): void {
    const push = (value: PickleValue) => void this.#stack.push(value)
    switch (code) {
      case 0x80: // PROTO
        this.#skip(1)
        return
      case 0x95: // FRAME
        this.#skip(8)
        return
      case 0x28: // MARK
        this.#stack.push(MARK)
        return
      case 0x30: // POP
        this.#stack.pop()
        return
      case 0x4e: // NONE
        return push(null)
      case 0x88: // NEWTRUE
        return push(true)
      case 0x89: // NEWFALSE
        return push(false)
      case 0x4a: // BININT
        return push(this.#view.getInt32(this.#skip(4), true))
      case 0x4b: // BININT1
        return push(this.#view.getUint8(this.#skip(1)))
      case 0x4d: // BININT2
        return push(this.#view.getUint16(this.#skip(2), true))
      case 0x47: // BINFLOAT
        return push(this.#view.getFloat64(this.#skip(8)))
      case 0x8a: // LONG1
        return push(this.#long(this.#view.getUint8(this.#skip(1))))
      case 0x58: // BINUNICODE
        return push(this.#text(this.#view.getUint32(this.#skip(4), true)))
      case 0x8c: // SHORT_BINUNICODE
        return push(this.#text(this.#view.getUint8(this.#skip(1))))
      case 0x5d: // EMPTY_LIST
      case 0x29: // EMPTY_TUPLE
        return push([])
      case 0x7d: // EMPTY_DICT
        return push(new Map())
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        return push(this.#popMany(code - 0x84))
      case 0x74: // TUPLE
        return push(this.#popToMark())
      case 0x61: // APPEND
        return this.#append([this.#pop()])
      case 0x65: // APPENDS
        return this.#append(this.#popToMark())
      case 0x73: // SETITEM
        return this.#setItems(this.#popMany(2))
      case 0x75: // SETITEMS
        return this.#setItems(this.#popToMark())
      case 0x71: // BINPUT
        this.#memo.set(this.#view.getUint8(this.#skip(1)), this.#top())
        return
      case 0x72: // LONG_BINPUT
        this.#memo.set(this.#view.getUint32(this.#skip(4), true), this.#top())
        return
      case 0x94: // MEMOIZE
        this.#memo.set(this.#memo.size, this.#top())
        return
      case 0x68: // BINGET
        return push(this.#remembered(this.#view.getUint8(this.#skip(1))))
      case 0x6a: // LONG_BINGET
        return push(this.#remembered(this.#view.getUint32(this.#skip(4), true)))
      case 0x63: // GLOBAL
        return push(new PickleGlobal(`${this.#line()}.${this.#line()}`))
      case 0x93: {
        // STACK_GLOBAL
        const [module, name] = this.#popMany(2)
        if (typeof module !== 'string' || typeof name !== 'string') throw this.#damaged()
        return push(new PickleGlobal(`${module}.${name}`))
      }
      case 0x51: // BINPERSID
        return push(this.#storage(this.#pop()))
      case 0x81: // NEWOBJ
      case 0x52: {
        // REDUCE
        const [callee, fields] = this.#popMany(2)
        return push(this.#built(callee, fields))
      }
      case 0x62: // BUILD: attributes, such as the versions of a module
        this.#pop()
        return
      default:
        throw this.#damaged()
    }
  }

  /** Returns what a function of the table builds from its fields. */
  #built(callee: PickleValue | undefined, fields: PickleValue | undefined): PickleValue {
    if (!(callee instanceof PickleGlobal) || !Array.isArray(fields)) throw this.#damaged()
    if (callee.name === 'collections.OrderedDict' && fields.length === 0) return new Map()
    const [first] = fields
    if (callee.name === 'torch._utils._rebuild_parameter' && first instanceof PickleTensor)
      return first
    if (callee.name === 'torch._utils._rebuild_tensor_v2' && first instanceof PickleStorage) {
      const [, offset, shape, strides] = fields
      if (
        isCount(offset) &&
        isCounts(shape) &&
        isCounts(strides) &&
        shape.length === strides.length
      )
        return new PickleTensor(first, offset, shape, strides)
    }
    throw cannotImport(this.where, `a file that calls ${callee.name}`, 'a state_dict of tensors')
  }

  #storage(id: PickleValue): PickleStorage {
    const [kind, type, key, , length] = Array.isArray(id) ? id : []
    if (kind !== 'storage' || !(type instanceof PickleGlobal)) throw this.#damaged()
    if (typeof key !== 'string' || !isCount(length)) throw this.#damaged()
    return new PickleStorage(type.name, key, length)
  }

  #append(values: readonly PickleValue[]): void {
    const list = this.#top()
    if (!Array.isArray(list)) throw this.#damaged()
    for (const value of values) list.push(value)
  }

  #setItems(items: readonly PickleValue[]): void {
    const map = this.#top()
    if (!(map instanceof Map) || items.length % 2 === 1) throw this.#damaged()
    for (let at = 0; at < items.length; at += 2) map.set(items[at]!, items[at + 1]!)
  }

  #top(): PickleValue {
    const value = this.#stack.at(-1)
    if (value === undefined || typeof value === 'symbol') throw this.#damaged()
    return value
  }

  #pop(): PickleValue {
    const value = this.#top()
    this.#stack.pop()
    return value
  }

  #popMany(count: number): PickleValue[] {
    return Array.from({ length: count }, () => this.#pop()).reverse()
  }

  #popToMark(): PickleValue[] {
    const mark = this.#stack.lastIndexOf(MARK)
    if (mark === -1) throw this.#damaged()
    const values = this.#stack.splice(mark)
    return values.slice(1) as PickleValue[]
  }

  #remembered(index: number): PickleValue {
    const value = this.#memo.get(index)
    if (value === undefined) throw this.#damaged()
    return value
  }

  /** Moves on by some bytes, and returns where they begin. */
  #skip(length: number): number {
    const at = this.#at
    this.#at += length
    return at
  }

  #text(length: number): string {
    const at = this.#skip(length)
    if (this.#at > this.bytes.length) throw this.#damaged()
    return new TextDecoder().decode(this.bytes.subarray(at, this.#at))
  }

  #line(): string {
    const end = this.bytes.indexOf(0x0a, this.#at)
    if (end === -1) throw this.#damaged()
    const text = this.#text(end - this.#at)
    this.#at++
    return text
  }

  /** Reads a whole number of some bytes, of which the last has the sign. */
  #long(length: number): number {
    if (length > 7) throw this.#damaged()
    let value = 0
    let range = 1
    for (let i = 0; i < length; i++) {
      value += this.#view.getUint8(this.#skip(1)) * range
      range *= 256
    }
    return length > 0 && value >= range / 2 ? value - range : value
  }

  #damaged(cause?: unknown): Error {
    return damagedFile(this.where, 'the list of its tensors is damaged', { cause })
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((count) => isCount(count))
}
