import { UsageError } from '@mnist-lab/terminal'

/** Beyond this a batch no longer fits into the training data. */
export const MAX_BATCH = 60_000

/** @returns a commander argument parser for a share from 0 to 1, as `5%` or `0.05`; it throws UsageError */
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

/** @throws UsageError when there is no name */
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
      expected: 'names separated by commas, or all',
      got: JSON.stringify(text),
      hint: 'see bench --help',
    })
  }
  return names
}
