// Reads one file of a dataset, whose first bytes say its format.
import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import { fileError, readBounded } from '@mnist-lab/core/node'
import type { AsyncBuffer } from 'hyparquet'
import { DataError } from '../data-error.js'
import { readCsv } from '../formats/csv.js'
import type { DataFormat } from '../list.js'
import type { ImageSet } from '../formats/image-set.js'
import { fileHead, fileParts, type ReadOptions } from './file-parts.js'
import { decodePicture } from './pictures/picture-formats.js'

/** The longest archive of NumPy, and the longest Parquet file. */
const MAX_ARCHIVE_BYTES = 2 ** 31

const SPLIT = /(?:^|[^a-z])(?:(?<train>train|training)|(?<test>test|testing|t10k))(?=$|[^a-z])/i

/** Returns the split that a file's name says, or undefined. */
export function splitNamed(file: string): 'train' | 'test' | undefined {
  const groups = SPLIT.exec(basename(file))?.groups
  if (groups === undefined) return undefined
  return groups['test'] === undefined ? 'train' : 'test'
}

/** Reads a file, whose first bytes say its format. */
export async function readDataFile(
  path: string,
  options: ReadOptions,
  split = splitNamed(path) ?? 'train',
): Promise<{
  readonly format: DataFormat
  readonly sets: { readonly train?: ImageSet; readonly test?: ImageSet }
  readonly classes?: string
}> {
  const { size, isGzip, head } = await fileHead(path)
  const text = Array.from(head, (byte) => String.fromCharCode(byte)).join('')
  const refused = (what: string, hint: string) =>
    new DataError({
      where: path,
      what,
      expected: 'a file of CSV, npz, Parquet or tar, or a folder',
      hint,
    })
  if (text.startsWith('PAR1') && !isGzip) {
    const { readParquet } = await import('../formats/parquet.js')
    if (size > MAX_ARCHIVE_BYTES)
      throw new DataError({
        where: path,
        what: 'the file is too large',
        expected: `at most ${MAX_ARCHIVE_BYTES} bytes`,
        got: `${size}`,
        hint: 'divide it into several files',
      })
    const opened = await openSlices(path, size, options)
    try {
      const set = await readParquet(opened.file, path, { decode: decoder, signal: options.signal })
      return { format: 'parquet', sets: { [split]: set } }
    } finally {
      await opened.close()
    }
  }
  if (text.startsWith('PK') && !isGzip) {
    const { readNpz } = await import('../formats/npz.js')
    const { single, ...sets } = await readNpz(await wholeFile(path, MAX_ARCHIVE_BYTES), path)
    options.onProgress?.(size, size)
    if (single === undefined) return { format: 'npz', sets }
    throw refused(
      'an archive with one array, arr_0',
      'name the folder that holds the images and the labels of both splits',
    )
  }
  if (text.slice(257, 262) === 'ustar') {
    const { readTar } = await import('../formats/tar.js')
    const { classes, ...sets } = await readTar(fileParts(path, options), path, {
      decode: decoder,
      fallback: split,
    })
    return { format: 'tar', sets, ...(classes === undefined ? {} : { classes }) }
  }
  if (head[0] === 0 && head[1] === 0 && head[2]! >= 0x08 && head[2]! <= 0x0e)
    throw refused('one IDX file', 'name the folder that holds the four of them')
  if (text.startsWith('\x93NUMPY'))
    throw refused('one array of NumPy', 'save images and labels together with numpy.savez')
  if (text.startsWith('\x89PNG') || text.startsWith('\xff\xd8\xff'))
    throw refused('one picture', 'name the folder that holds the folders of the classes')
  if (/^\s*(?:<!doctype|<html|<\?xml)/i.test(text))
    throw refused('a web page', 'download the file itself and not the page that shows it')
  // A text has no such characters, apart from tabs, new lines and returns.
  // oxlint-disable-next-line no-control-regex
  if (/[\0-\x08\x0e-\x1f]/.test(text))
    throw refused('a file in an unknown format', 'convert it to one of these')
  return { format: 'csv', sets: { [split]: await readCsv(fileParts(path, options), path) } }
}

/** Reads a file whole. @throws FileError when it cannot be read or has more bytes */
export async function wholeFile(path: string, maxBytes: number): Promise<Uint8Array> {
  try {
    return await readBounded(path, maxBytes)
  } catch (cause) {
    throw fileError(path, cause)
  }
}

function decoder(bytes: Uint8Array, name: string) {
  return decodePicture(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), name)
}

/** Opens a file of which parts are read. */
async function openSlices(
  path: string,
  size: number,
  { onProgress, signal }: ReadOptions,
): Promise<{ readonly file: AsyncBuffer; readonly close: () => Promise<void> }> {
  const handle = await open(path, 'r')
  let done = 0
  return {
    close: () => handle.close(),
    file: {
      byteLength: size,
      async slice(start, end = size) {
        signal?.throwIfAborted()
        const length = Math.min(end, size) - start
        if (!(start >= 0 && length >= 0)) throw new Error(`bytes ${start} to ${end} of ${size}`)
        const bytes = new Uint8Array(length)
        let at = 0
        while (at < length) {
          const { bytesRead } = await handle.read(bytes, at, length - at, start + at)
          if (bytesRead === 0) throw new Error('it was cut off while it was read')
          at += bytesRead
        }
        done += length
        onProgress?.(Math.min(done, size), size)
        return bytes.buffer
      },
    },
  }
}
