import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { sizeOf } from '@mnist-lab/core'
import {
  assertWritable,
  codeOf,
  createFolder,
  fileError,
  writeFileAtomic,
} from '@mnist-lab/core/node'
import { DataError } from '../data-error.js'
import { classNamesOf, type Dataset } from '../dataset.js'
import { writeCsv } from '../formats/csv.js'
import { writeIdx } from '../idx.js'
import { MNIST_FILES } from '../mnist-files.js'
import type { DataFormat } from '../list.js'
import type { ReadOptions } from './file-parts.js'

/** The datasets that are written together. */
export interface WrittenData {
  readonly train: Dataset
  readonly test?: Dataset
}

/** The files that are written at the same time. */
const FILES_AT_ONCE = 32
/** The images that are encoded before the signal is looked at and the progress is reported. */
const IMAGES_AT_ONCE = 500

/**
 * Writes a dataset into a folder, which {@link openData} reads back as the same images and labels.
 * The folder appears when everything is in it.
 *
 * @param folder must not exist yet, or be empty
 * @throws DataError when the folder holds something, or the images do not fit the format
 * @throws FileError when the folder cannot be written
 * @throws the signal's reason when aborted; nothing remains then
 */
export async function writeData(
  data: WrittenData,
  format: DataFormat,
  folder: string,
  options: ReadOptions = {},
): Promise<void> {
  await assertFree(folder)
  const above = dirname(resolve(folder))
  await createFolder(above)
  const temporary = join(above, `.${basename(resolve(folder)).slice(0, 100)}.${randomUUID()}.tmp`)
  try {
    await mkdir(temporary)
    await WRITERS[format](data, temporary, progressOf(data, options))
    const names = listOfClasses(data)
    if (names !== undefined) await writeFileAtomic(join(temporary, 'classes.txt'), names)
    // An empty folder of that name would be in the way on Windows.
    await rmdir(folder).catch((cause: unknown) => {
      if (codeOf(cause) !== 'ENOENT') throw cause
    })
    await rename(temporary, folder)
  } catch (cause) {
    await rm(temporary, { recursive: true, force: true })
    options.signal?.throwIfAborted()
    throw codeOf(cause) === undefined ? cause : fileError(folder, cause)
  }
}

/** Checks that a folder can be created, before the work. @throws DataError */
export async function assertFree(folder: string): Promise<void> {
  let names: readonly string[]
  try {
    names = await readdir(folder)
  } catch (cause) {
    if (codeOf(cause) !== 'ENOENT') throw fileError(folder, cause)
    return assertWritable(join(folder, 'classes.txt'), 'created')
  }
  if (names.length > 0)
    throw new DataError({
      where: folder,
      what: 'the folder is not empty',
      expected: 'a folder that does not exist yet',
      got: names.slice(0, 5).join(', '),
      hint: 'name another folder',
    })
}

/** Counts the images that have been encoded. */
type Step = () => void

function progressOf({ train, test }: WrittenData, { signal, onProgress }: ReadOptions): Step {
  const total = train.count + (test?.count ?? 0)
  let done = 0
  return () => {
    done++
    if (done % IMAGES_AT_ONCE !== 0 && done !== total) return
    signal?.throwIfAborted()
    onProgress?.(done, total)
  }
}

/** The files of the images and the labels of each split. */
const IDX_FILES = {
  train: [MNIST_FILES.trainImages.file, MNIST_FILES.trainLabels.file],
  test: [MNIST_FILES.testImages.file, MNIST_FILES.testLabels.file],
} as const

const WRITERS: Readonly<
  Record<DataFormat, (data: WrittenData, folder: string, step: Step) => Promise<void>>
> = {
  async idx(data, folder) {
    if (data.test === undefined)
      throw new DataError({
        where: data.train.name,
        what: 'there are no test images',
        expected: 'training images and test images, which four IDX files hold',
        hint: 'divide them first, with mnist data split',
      })
    for (const [split, dataset] of splitsOf(data)) {
      const [images, labels] = IDX_FILES[split]
      const { count, shape } = dataset
      const [height, width, channels] = shape
      await writeFileAtomic(
        join(folder, images),
        writeIdx({
          type: 'uint8',
          shape: channels === 1 ? [count, height, width] : [count, height, width, channels],
          data: dataset.images,
        }),
      )
      await writeFileAtomic(
        join(folder, labels),
        writeIdx(
          dataset.labels instanceof Uint8Array
            ? { type: 'uint8', shape: [count], data: dataset.labels }
            : { type: 'int32', shape: [count], data: Int32Array.from(dataset.labels) },
        ),
      )
    }
  },
  async csv(data, folder) {
    for (const [split, dataset] of splitsOf(data))
      await writeFileAtomic(
        join(folder, `${split}.csv`),
        asynchronous(writeCsv(dataset.name, dataset, dataset.labels)),
      )
  },
  async npz(data, folder) {
    const { writeNpz } = await import('../formats/npz.js')
    const part = (dataset: Dataset) => ({ ...dataset, classes: dataset.labels })
    await writeFileAtomic(
      join(folder, 'data.npz'),
      await writeNpz({
        train: part(data.train),
        ...(data.test === undefined ? {} : { test: part(data.test) }),
      }),
    )
  },
  async parquet(data, folder, step) {
    const { writeParquet } = await import('../formats/parquet.js')
    for (const [split, dataset] of splitsOf(data)) {
      const pictures: Uint8Array[] = []
      for await (const { png } of picturesOf(dataset, step)) pictures.push(png)
      await writeFileAtomic(
        join(folder, `${split}-00000-of-00001.parquet`),
        await writeParquet(pictures, dataset.labels, dataset.classNames),
      )
    }
  },
  async folder(data, folder, step) {
    const names = folderNames(data)
    for (const [split, dataset] of splitsOf(data)) {
      for (const name of names) await mkdir(join(folder, split, name), { recursive: true })
      const digits = String(dataset.count - 1).length
      let writing: Promise<void>[] = []
      for await (const { png, label, at } of picturesOf(dataset, step)) {
        const file = `${String(at).padStart(digits, '0')}.png`
        writing.push(writeFile(join(folder, split, names[label]!, file), png))
        if (writing.length < FILES_AT_ONCE) continue
        await Promise.all(writing)
        writing = []
      }
      await Promise.all(writing)
    }
  },
  async tar(data, folder, step) {
    const { writeTar } = await import('../formats/tar.js')
    for (const [split, dataset] of splitsOf(data)) {
      const members = async function* () {
        yield { name: `${split}/` }
        for await (const { png, label, at } of picturesOf(dataset, step))
          yield { name: `${split}/${at}_${label}.png`, content: png }
      }
      await writeFileAtomic(join(folder, `${split}.tar`), writeTar(members()))
    }
  },
}

function splitsOf({ train, test }: WrittenData): (readonly ['train' | 'test', Dataset])[] {
  return test === undefined
    ? [['train', train]]
    : [
        ['train', train],
        ['test', test],
      ]
}

async function* picturesOf(
  { name, images, labels, count, shape }: Dataset,
  step: Step,
): AsyncGenerator<{ readonly png: Uint8Array; readonly label: number; readonly at: number }> {
  const { encodePng } = await import('./pictures/write-png.js')
  if (shape[2] !== 1 && shape[2] !== 3)
    throw new DataError({
      where: name,
      expected: 'images of 1 or 3 channels, as pictures have',
      got: `${shape[2]}`,
      hint: 'write idx or npz',
    })
  const size = sizeOf(shape)
  for (let at = 0; at < count; at++) {
    yield {
      png: encodePng(images.subarray(at * size, (at + 1) * size), shape),
      label: labels[at]!,
      at,
    }
    step()
  }
}

async function* asynchronous<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items
}

/** Returns the text of `classes.txt`, unless the classes are called by their numbers. */
function listOfClasses({ train, test }: WrittenData): string | undefined {
  const { classNames } = train
  const numbers = classNamesOf(test === undefined ? [train.labels] : [train.labels, test.labels])
  return classNames.join('\n') === numbers.join('\n') ? undefined : `${classNames.join('\n')}\n`
}

/** Names that are folders on Linux, macOS and Windows. */
const FOLDER_NAME = /^[\p{L}\p{N}][\p{L}\p{N} +&'_-]{0,60}$/u
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d|train|training|test|testing|t10k)$/i

/** Returns the folder of each class: its name, or its number where the names are no folders. */
function folderNames({ train: { classNames } }: WrittenData): readonly string[] {
  const distinct = new Set(classNames.map((name) => name.toLowerCase())).size === classNames.length
  const areNames =
    distinct &&
    classNames.every(
      (name) => FOLDER_NAME.test(name) && !RESERVED.test(name) && !name.endsWith(' '),
    ) &&
    classNames.some((name) => !/^\d+$/.test(name))
  return areNames ? classNames : classNames.map((_, at) => String(at))
}
