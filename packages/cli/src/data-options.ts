import { type ClassNames, MAX_CLASSES_BYTES, readClassNames } from '@mnist-lab/data'
import type { OpenDataOptions } from '@mnist-lab/data/node'
import { readBytes, statusLine, type Terminal } from '@mnist-lab/terminal'

/** The flags that say how data is read, after parsing. */
export interface DataFlags {
  readonly data?: string
  readonly classes?: string
  readonly transpose?: boolean
}

/**
 * Returns how data is to be read that the user names.
 *
 * @throws DataError when the names of the classes are wrong
 */
export async function readingOf({
  classes,
  transpose,
}: DataFlags): Promise<Pick<OpenDataOptions, 'classNames' | 'firstLabel' | 'transpose'>> {
  const list = classes === undefined ? undefined : await namedClasses(classes)
  return {
    ...(list === undefined ? {} : { classNames: list.names }),
    // Names alone say nothing about labels; a mapping does.
    ...(list === undefined || list.firstLabel === 0 ? {} : { firstLabel: list.firstLabel }),
    ...(transpose === undefined ? {} : { transpose }),
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
