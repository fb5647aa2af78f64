import { type Terminal, UsageError } from '@mnist-lab/terminal'
import { compareResults, type ResultComparison } from '../results/compare-results.js'
import { type BenchResult } from '../results/bench-result.js'
import { comparisonMarkdown, comparisonTable } from './comparison-table.js'
import { writeFileAtomic } from '@mnist-lab/core/node'
import { seededRandom } from '../measure/seeded-random.js'

export interface ComparedFile {
  readonly file: string
  readonly result: BenchResult
}

export interface ComparisonOptions {
  readonly alpha: number
  readonly minEffect: number
  readonly seed: number
  readonly allowOtherMachine: boolean
  /** The share by which a cell may be slower before the program fails. */
  readonly failIfSlower: number | undefined
  readonly markdown: string | undefined
}

/**
 * Prints what has become of each cell, and writes it for a pull request.
 *
 * @param a before
 * @param b after
 * @returns the exit code: 1 when asked to fail and a cell is slower by more, or ran at parity before and does not any more
 * @throws UsageError for results of two machines that nobody asked to compare
 */
export async function compareAndPrint(
  a: ComparedFile,
  b: ComparedFile,
  options: ComparisonOptions,
  { out }: Terminal,
): Promise<number> {
  const { alpha, minEffect, seed, markdown } = options
  const comparison = compareResults(a.result, b.result, {
    alpha,
    minEffect,
    random: seededRandom(seed, 2),
  })
  refuseOtherMachine(a, b, comparison, options)
  const texts = { a: a.file, b: b.file, alpha, minEffect }
  out.write(`${comparisonTable(comparison, texts)}\n`)
  if (markdown !== undefined) await writeFileAtomic(markdown, comparisonMarkdown(comparison, texts))
  const failures = failuresOf(comparison, options.failIfSlower)
  for (const failure of failures) out.write(`✗ ${failure}\n`)
  return failures.length === 0 ? 0 : 1
}

function refuseOtherMachine(
  a: ComparedFile,
  b: ComparedFile,
  { machine }: ResultComparison,
  { allowOtherMachine }: ComparisonOptions,
): void {
  if (machine.length === 0 || allowOtherMachine) return
  throw new UsageError({
    where: `${a.file} and ${b.file}`,
    what: `they are of two machines (${machine.map((one) => `${one.what}: ${one.a} → ${one.b}`).join('; ')})`,
    hint: 'measure both on one, or compare all the same with --allow-other-machine',
  })
}

/** Empty where nobody asked to fail. */
export function failuresOf(
  { cells }: ResultComparison,
  failIfSlower: number | undefined,
): string[] {
  if (failIfSlower === undefined) return []
  return cells.flatMap(({ name: { backend, model, batchSize }, comparison, lost }) => {
    const name = `${backend} ${model}, batch ${batchSize}`
    const slower = comparison?.verdict === 'slower' && comparison.ratio.ratio > 1 + failIfSlower
    return [
      ...(lost === undefined ? [] : [`${name}: ${lost}`]),
      ...(slower ? [`${name}: slower by more than ${failIfSlower * 100}%`] : []),
    ]
  })
}
