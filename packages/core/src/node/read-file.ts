// Files are measured before they are read, because the size of a file is the first thing that an
// attacker, or a typing mistake, chooses.
import { open, stat } from 'node:fs/promises'
import { codeOf, FileError, fileError } from './files.js'

/** The most bytes that one call of `read` is asked for. Linux reads less than 2 GiB at once. */
const MAX_READ_BYTES = 2 ** 30
/** The bytes that are reserved for a pipe or a device, whose size is unknown. */
const FIRST_BYTES = 2 ** 16

/**
 * Reads a file, pipe or device whole. A file that is larger than `maxBytes` is not read at all, and
 * reading a pipe or a device stops there.
 *
 * @throws FileError when it has more bytes
 * @throws the file system's own error when it cannot be read
 */
export async function readBounded(path: string, maxBytes: number): Promise<Uint8Array> {
  const file = await open(path, 'r')
  try {
    const found = await file.stat()
    // The size of a folder or a device says nothing about what reading gives.
    const size = found.isFile() ? found.size : 0
    if (size > maxBytes) throw tooLarge(path, maxBytes, String(size))
    // One byte more than expected, so that a file that ends there shows its end without a copy.
    let bytes = new Uint8Array(size === 0 ? Math.min(FIRST_BYTES, maxBytes + 1) : size + 1)
    let length = 0
    for (;;) {
      const room = Math.min(bytes.length - length, MAX_READ_BYTES)
      const { bytesRead } = await file.read(bytes, length, room)
      if (bytesRead === 0) return bytes.subarray(0, length)
      length += bytesRead
      if (length > maxBytes) throw tooLarge(path, maxBytes, 'more')
      if (length === bytes.length) {
        const larger = new Uint8Array(Math.min(2 * length, maxBytes + 1))
        larger.set(bytes)
        bytes = larger
      }
    }
  } finally {
    await file.close()
  }
}

/**
 * Reads a file of a folder, and returns undefined when there is none.
 *
 * @throws FileError when the file is there and cannot be read, has more than `maxBytes`, or is a
 *   pipe or a device, which could block for ever
 */
export async function readIfThere(file: string, maxBytes: number): Promise<Uint8Array | undefined> {
  try {
    const found = await stat(file)
    if (!found.isFile() && !found.isDirectory()) {
      throw new FileError({
        where: file,
        what: 'it is a pipe, a socket or a device',
        hint: 'put a regular file there',
      })
    }
    return await readBounded(file, maxBytes)
  } catch (cause) {
    if (cause instanceof FileError) throw cause
    if (codeOf(cause) === 'ENOENT') return undefined
    throw fileError(file, cause)
  }
}

function tooLarge(where: string, maxBytes: number, got: string): FileError {
  return new FileError({
    where,
    what: 'the file is too large',
    expected: `at most ${maxBytes} bytes`,
    got,
    hint: 'name another file',
  })
}
