import { readFile } from 'node:fs/promises'
import { codeOf, fileError } from './file-error.js'

/** @throws FileError when the file is there and cannot be read */
export async function readIfThere(file: string): Promise<Uint8Array | undefined> {
  try {
    // Not the Buffer itself: its `slice` shares memory where a Uint8Array's copies.
    const { buffer, byteOffset, length } = await readFile(file)
    return new Uint8Array(buffer, byteOffset, length)
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined
    throw fileError(file, cause)
  }
}
