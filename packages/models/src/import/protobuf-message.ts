import { PbfReader } from 'pbf'
import { MAX_INTEGERS } from '../limits.js'
import { ModelError } from '../model-error.js'

/** The types of a value on the wire. */
const [VARINT, FIXED64, BYTES, FIXED32] = [0, 1, 2, 5] as const
/** What to do about a damaged ONNX file. */
export const HINT = 'save or fetch the file again'

/**
 * A message of an ONNX file that is being read. It has a reader of its own, so that nothing
 * leaves its bytes.
 */
export class Message {
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
      throw damaged(this.where, 'it is a damaged ONNX file, or a file of an unknown format', cause)
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
    this.#expect(VARINT)
    return this.#pbf.readVarint(true)
  }
  float(): number {
    this.#expect(FIXED32)
    return this.#pbf.readFloat()
  }
  /** Adds whole numbers to a list, packed or one alone. */
  ints(list: number[]): void {
    this.#list(list, VARINT, (packed) => {
      if (list.length === MAX_INTEGERS) throw damaged(this.where, 'a list of integers is too long')
      return packed.readVarint(true)
    })
  }
  floats(list: number[]): void {
    this.#list(list, FIXED32, (packed) => packed.readFloat())
  }
  doubles(list: number[]): void {
    this.#list(list, FIXED64, (packed) => packed.readDouble())
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

/** Returns the texts and the whole numbers of a message that has nothing else of interest. */
export function readFields<Text extends string, Int extends string>(
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

/** Returns the error about an ONNX file that is not what it says. */
export function damaged(where: string, what: string, cause?: unknown): ModelError {
  return new ModelError({ where, what, hint: HINT, cause })
}
