import { printable } from '@mnist-lab/core'
import { writeFileAtomic } from '@mnist-lab/core/node'
import { type Terminal, terminalWidth, UsageError } from '@mnist-lab/terminal'
import { cellTitle } from '../present/cell-text.js'
import { comparisonMarkdown, comparisonTable } from '../present/comparison-table.js'
import { compareResults, type ResultComparison } from '../results/compare.js'
import { seededRandom } from '../results/ratios.js'
import type { ResultFile } from './result-files.js'

/** Says which differences count, and what they cause. */
export interface ComparisonOptions {
  readonly alpha: number
  readonly minEffect: number
  readonly seed: number
  /** Whether results of two machines may be compared. */
  readonly allowOtherMachine: boolean
  /** The share by which a cell may be slower before the program fails. */
  readonly failIfSlower: number | undefined
  /** A file for the comparison as Markdown. */
  readonly markdown: string | undefined
}

/**
 * Compares two results cell by cell, prints the comparison, and writes it as Markdown if asked to.
 *
 * @param a the result before
 * @param b the result after
 * @returns the exit code: 1 when the program is to fail and a cell is slower by more, or has lost
 * its parity; else 0
 * @throws UsageError for results of two machines that nobody asked to compare, and for results in
 * turns
 */
export async function compareAndPrint(
  a: ResultFile,
  b: ResultFile,
  options: ComparisonOptions,
  { out }: Terminal,
): Promise<number> {
  for (const one of [a, b]) refuseTurns(one)
  const { alpha, minEffect, seed, markdown } = options
  const comparison = compareResults(a.result, b.result, {
    alpha,
    minEffect,
    random: seededRandom(seed, 2),
  })
  refuseOtherMachine(a, b, comparison, options)
  const texts = { a: printable(a.file), b: printable(b.file), alpha, minEffect }
  out.write(`${comparisonTable(comparison, texts, terminalWidth(out))}\n`)
  if (markdown !== undefined) await writeFileAtomic(markdown, comparisonMarkdown(comparison, texts))
  const failures = failuresOf(comparison, options.failIfSlower)
  for (const failure of failures) out.write(`✗ ${failure}\n`)
  return failures.length === 0 ? 0 : 1
}

/**
 * Refuses a result in turns: its processes were not repeated, so it says nothing about the next
 * process.
 *
 * @throws UsageError
 */
export function refuseTurns({ file, result }: ResultFile): void {
  if (result.protocol.mode !== 'turns') return
  throw new UsageError({
    where: file,
    what: 'it was measured in turns, and only results of fresh processes can be compared',
    hint: 'measure both without --turns, or see bench report',
  })
}

function refuseOtherMachine(
  a: ResultFile,
  b: ResultFile,
  { machine }: ResultComparison,
  { allowOtherMachine }: ComparisonOptions,
): void {
  if (machine.length === 0 || allowOtherMachine) return
  throw new UsageError({
    where: `${a.file} and ${b.file}`,
    what: `they were measured on two machines (${machine.map((one) => `${one.what}: ${one.a} → ${one.b}`).join('; ')})`,
    hint: 'measure both on one machine, or compare them anyway with --allow-other-machine',
  })
}

/** Returns the reasons to fail; there are none if the program was not asked to fail. */
function failuresOf({ cells }: ResultComparison, failIfSlower: number | undefined): string[] {
  if (failIfSlower === undefined) return []
  return cells.flatMap(({ name: cell, comparison, lost }) => {
    const name = cellTitle(cell)
    const slower = comparison?.verdict === 'slower' && comparison.ratio.ratio > 1 + failIfSlower
    return [
      ...(lost === undefined ? [] : [`${name}: ${lost}`]),
      ...(slower ? [`${name}: slower by more than ${failIfSlower * 100}%`] : []),
    ]
  })
}
