import { type FileHandle, open, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { createGunzip, type Gunzip } from 'node:zlib'
import { codeOf, fileError } from '@mnist-lab/core/node'
import { DataError } from '../data-error.js'

/** The bytes that are read at a time. */
const PART_BYTES = 2 ** 20

/** Receives how much of the data has been read, of how much in all. The unit is bytes or files. */
type OnProgress = (done: number, total: number) => void

/** How a file is read. */
export interface ReadOptions {
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: OnProgress | undefined
}

/**
 * Returns the length of a file and its first bytes, as they are and unpacked if it is gzip.
 *
 * @throws FileError when it cannot be read, or is not a regular file
 */
export async function fileHead(
  path: string,
): Promise<{ readonly size: number; readonly isGzip: boolean; readonly head: Uint8Array }> {
  try {
    const found = await stat(path)
    if (!found.isFile())
      throw new DataError({
        where: path,
        what: 'it is a folder, a pipe or a device',
        hint: 'name a regular file',
      })
    const file = await open(path, 'r')
    try {
      const bytes = new Uint8Array(HEAD_BYTES)
      const { bytesRead } = await file.read(bytes, 0, HEAD_BYTES, 0)
      const raw = bytes.subarray(0, bytesRead)
      const isGzip = raw[0] === 0x1f && raw[1] === 0x8b
      return { size: found.size, isGzip, head: isGzip ? await firstUnpacked(path) : raw }
    } finally {
      await file.close()
    }
  } catch (cause) {
    throw fileError(path, cause)
  }
}

/** The first block of a tar archive has its signature within this length. */
const HEAD_BYTES = 1024

async function firstUnpacked(path: string): Promise<Uint8Array> {
  for await (const part of fileParts(path)) return part.subarray(0, HEAD_BYTES)
  return new Uint8Array()
}

/**
 * Reads a file in parts, unpacked if it is gzip. Only a few parts are in memory at once.
 *
 * @throws DataError when the gzip stream is corrupt or truncated
 * @throws FileError when the file cannot be read
 * @throws the signal's reason when aborted
 */
export async function* fileParts(
  path: string,
  { signal, onProgress }: ReadOptions = {},
): AsyncGenerator<Uint8Array> {
  let gunzip: Gunzip | undefined
  try {
    const file = await open(path, 'r')
    const { size } = await file.stat()
    const first = new Uint8Array(2)
    const { bytesRead } = await file.read(first, 0, 2, 0)
    const raw = countedParts(file, size, { signal, onProgress })
    if (bytesRead < 2 || first[0] !== 0x1f || first[1] !== 0x8b) return yield* raw
    gunzip = createGunzip({ chunkSize: PART_BYTES })
    // An error of the file destroys the decompression too, so that the loop below throws it.
    const feeding = pipeline(raw, gunzip)
    feeding.catch(() => undefined)
    yield* gunzip as AsyncIterable<Buffer>
    await feeding
  } catch (cause) {
    signal?.throwIfAborted()
    const code = codeOf(cause) ?? ''
    if (!code.startsWith('Z_') && !code.startsWith('ERR_ZLIB')) throw fileError(path, cause)
    throw new DataError({
      where: path,
      what: `corrupt gzip (${(cause as Error).message})`,
      hint: 'the file is damaged or truncated; download it again',
      cause,
    })
  } finally {
    gunzip?.destroy()
  }
}

async function* countedParts(
  file: FileHandle,
  size: number,
  { signal, onProgress }: ReadOptions,
): AsyncGenerator<Buffer> {
  let done = 0
  // The stream closes the file when it ends or the loop is left.
  for await (const part of file.createReadStream({ start: 0, highWaterMark: PART_BYTES })) {
    signal?.throwIfAborted()
    done += (part as Buffer).length
    onProgress?.(done, size)
    yield part as Buffer
  }
}
