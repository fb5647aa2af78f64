import { loadMnist, openData, type OpenedData } from '@mnist-lab/data/node'
import { type Terminal, UsageError } from '@mnist-lab/terminal'
import { type DataFlags, namedData, withProgress } from '../data-options.js'

/** Reads the data that a command names, or MNIST. */
export async function openedData(
  given: string | undefined,
  flags: DataFlags,
  terminal: Pick<Terminal, 'err' | 'signal'>,
): Promise<OpenedData> {
  if (given !== undefined && flags.dataset !== undefined)
    throw new UsageError({
      where: '--dataset',
      expected: 'either a path or a dataset',
      got: 'both',
      hint: 'leave one of them out',
    })
  const data = given === undefined ? {} : { data: given }
  const { path, reading } = await namedData({ ...flags, ...data }, terminal)
  if (path === undefined) {
    const { classNames } = reading
    const mnist = await loadMnist(classNames === undefined ? {} : { classNames })
    return { ...mnist, format: 'idx', firstLabel: 0, transposed: false }
  }
  return withProgress(path, terminal, (options) => openData(path, { ...options, ...reading }))
}
