import { loadMnist, openData, type OpenedData } from '@mnist-lab/data/node'
import type { Terminal } from '@mnist-lab/terminal'
import { type DataFlags, readingOf, withProgress } from '../data-options.js'

/** Reads the data that a command names, or MNIST. */
export async function openedData(
  path: string | undefined,
  flags: DataFlags,
  terminal: Pick<Terminal, 'err' | 'signal'>,
): Promise<OpenedData> {
  const reading = await readingOf(flags)
  if (path === undefined) {
    const { classNames } = reading
    const mnist = await loadMnist(classNames === undefined ? {} : { classNames })
    return { ...mnist, format: 'idx', firstLabel: 0, transposed: false }
  }
  return withProgress(path, terminal, (options) => openData(path, { ...options, ...reading }))
}
