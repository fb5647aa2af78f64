import { MAX_THREADS } from '@mnist-lab/backends'
import { UsageError, wholeNumber } from '@mnist-lab/terminal'

/** The largest batch: MNIST's training images. */
export const MAX_BATCH = 60_000

/**
 * Returns an argument parser for commander that reads a share from 0 to 1, written as `5%` or
 * `0.05`. The parser throws a UsageError for any other text.
 */
export function percentage(flag: string): (text: string) => number {
  return (text) => {
    const [, number, sign] = /^(\d+\.?\d*|\.\d+)(%?)$/.exec(text) ?? []
    const value = Number(number) / (sign === '%' ? 100 : 1)
    if (number !== undefined && value >= 0 && value <= 1) return value
    throw new UsageError({
      where: flag,
      expected: 'a share, as 5% or 0.05',
      got: JSON.stringify(text),
      hint: 'correct the flag',
    })
  }
}

/**
 * Splits names at commas and leaves out duplicates.
 *
 * @throws UsageError when there is no name
 */
export function list(flag: string, text: string): string[] {
  const names = [
    ...new Set(
      text
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== ''),
    ),
  ]
  if (names.length === 0) {
    throw new UsageError({
      where: flag,
      expected: 'names separated by commas',
      got: JSON.stringify(text),
      hint: 'see bench --help',
    })
  }
  return names
}

/** The values of `--sweep`. */
export interface Sweeps {
  readonly batch?: readonly number[]
  readonly threads?: readonly number[]
}

const MOST = { batch: MAX_BATCH, threads: MAX_THREADS } as const

/**
 * Parses the values of `--sweep`.
 *
 * @param texts such as `batch=1,8,32`, at most one of each kind
 * @throws UsageError for an unknown kind, a kind given twice, or a wrong number
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
        what: `${kind} is given twice`,
        hint: `list all values in one --sweep=${kind}=…`,
      })
    sweeps[kind] = list(`--sweep ${kind}`, values).map(
      wholeNumber(`--sweep ${kind}`, 1, MOST[kind]),
    )
  }
  return sweeps
}
