import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'

/** Three numbers before the bytes: how many inputs there were, the input's number, its length. */
const HEAD_BYTES = 12

/** An input that was run. */
export interface RecordedInput {
  /** The number of inputs that the process has run, with this one. */
  readonly count: number
  /** The number that was passed with the input. */
  readonly input: number
  readonly bytes: Uint8Array
}

/**
 * Writes every input to a file before it runs, so that another process finds it after this one has
 * died, and notices when this one is stuck. The file is never synced: only a crash of the whole
 * machine could lose it.
 */
export class InputRecord {
  readonly #file: number
  #buffer = Buffer.alloc(2 ** 17)
  #count = 0

  constructor(path: string) {
    this.#file = openSync(path, 'w')
  }

  write(bytes: Uint8Array, input: number): void {
    const length = HEAD_BYTES + bytes.length
    if (length > this.#buffer.length) this.#buffer = Buffer.alloc(2 * length)
    this.#buffer.writeUInt32LE(++this.#count, 0)
    this.#buffer.writeUInt32LE(input, 4)
    this.#buffer.writeUInt32LE(bytes.length, 8)
    this.#buffer.set(bytes, HEAD_BYTES)
    writeSync(this.#file, this.#buffer, 0, length, 0)
  }

  close(): void {
    closeSync(this.#file)
  }
}

/** Reads the last input of an {@link InputRecord}; undefined before the first. */
export function readInputRecord(path: string): RecordedInput | undefined {
  const content = readFileSync(path)
  if (content.length < HEAD_BYTES) return undefined
  const end = HEAD_BYTES + content.readUInt32LE(8)
  return {
    count: content.readUInt32LE(0),
    input: content.readUInt32LE(4),
    bytes: new Uint8Array(content.subarray(HEAD_BYTES, end)),
  }
}
