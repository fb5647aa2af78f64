import { readSync, writeSync } from 'node:fs'

const STDIN = 0
const STDOUT = 1
const NEWLINE = 0x0a
/** The most bytes that are read at once. */
const CHUNK_BYTES = 2 ** 16

let chunks: Buffer[] = []

/**
 * Waits for the next line on stdin and returns it, as the `readline` of a JavaScript engine's shell
 * does. At the end of the input it returns an empty text.
 */
export function readline(): string {
  for (;;) {
    const last = chunks.at(-1)
    const end = last?.indexOf(NEWLINE) ?? -1
    if (last !== undefined && end >= 0) {
      const line = Buffer.concat([...chunks.slice(0, -1), last.subarray(0, end)])
      chunks = end + 1 < last.length ? [last.subarray(end + 1)] : []
      return line.toString('utf8')
    }
    const chunk = Buffer.alloc(CHUNK_BYTES)
    const length = readSync(STDIN, chunk)
    if (length === 0) return ''
    chunks.push(chunk.subarray(0, length))
  }
}

/** Writes a line to stdout, as the `print` of a JavaScript engine's shell does. */
export function print(line: string): void {
  const bytes = Buffer.from(`${line}\n`)
  for (let at = 0; at < bytes.length;) at += writeSync(STDOUT, bytes, at)
}
