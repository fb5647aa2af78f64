import type { Readable } from 'node:stream'

/** The longest line that a peer may write, in bytes: room for two million timed steps. */
export const MAX_LINE_BYTES = 64 * 2 ** 20

/** Says that a stream has no proper line to give. */
export class LineError extends Error {
  override readonly name = 'LineError'
}

/**
 * Reads one line for each request. What comes without a request, before it or after its answer, is
 * an error that stays. Nothing is read after an error, so a flood takes no memory.
 */
export class AnswerLines {
  readonly #stream: Readable
  readonly #mostBytes: number
  #chunks: Buffer[] = []
  #bytes = 0
  #error: LineError | undefined
  #waiting:
    | { readonly resolve: (line: string) => void; readonly reject: (error: LineError) => void }
    | undefined

  constructor(stream: Readable, mostBytes = MAX_LINE_BYTES) {
    this.#stream = stream
    this.#mostBytes = mostBytes
    stream.on('data', (chunk: Buffer) => this.#read(chunk))
    stream.on('error', (error) => this.#fail(error.message))
  }

  /**
   * Returns the next line. One call must end before the next.
   *
   * @throws LineError when the line is too long, or the stream says more than it was asked
   */
  next(): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#error !== undefined) return reject(this.#error)
      this.#waiting = { resolve, reject }
    })
  }

  /** The error that ended the reading, if there is one. */
  get error(): LineError | undefined {
    return this.#error
  }

  #read(chunk: Buffer): void {
    if (this.#error !== undefined) return
    if (this.#waiting === undefined) return this.#fail('it wrote to stdout without being asked')
    const end = chunk.indexOf(NEWLINE)
    const part = end < 0 ? chunk : chunk.subarray(0, end)
    this.#bytes += part.length
    if (this.#bytes > this.#mostBytes)
      return this.#fail(`it wrote a line of more than ${this.#mostBytes / 2 ** 20} MiB`)
    this.#chunks.push(part)
    if (end < 0) return
    if (end + 1 < chunk.length) return this.#fail('it answered more than once to one request')
    const line = Buffer.concat(this.#chunks).toString('utf8')
    const { resolve } = this.#waiting
    this.#chunks = []
    this.#bytes = 0
    this.#waiting = undefined
    resolve(line)
  }

  #fail(reason: string): void {
    this.#error ??= new LineError(reason)
    this.#chunks = []
    this.#stream.destroy()
    this.#waiting?.reject(this.#error)
    this.#waiting = undefined
  }
}

const NEWLINE = 0x0a
