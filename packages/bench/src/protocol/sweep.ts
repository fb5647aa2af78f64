import { UsageError, wholeNumber } from '@mnist-lab/terminal'
import { list, MAX_BATCH } from './flag-values.js'

export interface Sweeps {
  readonly batch?: readonly number[]
  readonly threads?: readonly number[]
}

const MOST = { batch: MAX_BATCH, threads: 1024 } as const

/**
 * @param texts as `batch=1,8,32`, each of another kind
 * @throws UsageError for another kind, one that is there twice, or a wrong number
 */
export function parseSweeps(texts: readonly string[]): Sweeps {
  const sweeps: { batch?: number[]; threads?: number[] } = {}
  for (const text of texts) {
    const [kind = '', values = ''] = text.split('=', 2)
    if (kind !== 'batch' && kind !== 'threads') {
      throw new UsageError({
        where: '--sweep',
        expected: 'batch=… or threads=…',
        got: JSON.stringify(text),
        hint: 'see bench --help',
      })
    }
    if (sweeps[kind] !== undefined)
      throw new UsageError({
        where: '--sweep',
        what: `${kind} is there twice`,
        hint: 'give all its values at once',
      })
    sweeps[kind] = list(`--sweep ${kind}`, values).map(
      wholeNumber(`--sweep ${kind}`, 1, MOST[kind]),
    )
  }
  return sweeps
}
