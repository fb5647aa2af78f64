import { type Column, difference, type Row, significant } from '@mnist-lab/report'
import { engineText } from '../protocol/engine-name.js'
import { ENOUGH_PROCESSES } from '@mnist-lab/metrics'
import type { BenchCell, BenchOkCell, BenchParity, CellName } from '../results/cell-schema.js'
import { isBaseline } from '../results/ratios.js'
import type { BenchProtocol, BenchResult } from '../results/result-schema.js'

/** The columns and rows of a table, which terminals and Markdown show differently. */
export interface TableData {
  readonly columns: readonly Column[]
  readonly rows: readonly Row[]
  /** The number of leading columns that name a row. @default 1 */
  readonly keys?: number
}

/** A result with a name for the reader, such as that of its file. */
export interface NamedResult {
  readonly name: string
  readonly result: BenchResult
}

/** Returns the title of a cell: `fused:2 lenet5, batch 32`. */
export function cellTitle(cell: CellName): string {
  return `${engineText(cell)} ${groupTitle(cell)}`
}

/** Returns what the rows of a group share: `lenet5, batch 32`. */
export function groupTitle({ model, batchSize }: CellName): string {
  return `${model}, batch ${batchSize}`
}

/**
 * Returns the parity of a cell as short text: `✓ loss 1.2e-7, weights 0`, or `✗ …` outside the
 * tolerance.
 */
export function parityText({ ok, maxLossDelta, maxWeightDelta }: BenchParity): string {
  const weights = maxWeightDelta === undefined ? '' : `, weights ${difference(maxWeightDelta)}`
  return `${ok ? '✓' : '✗'} loss ${difference(maxLossDelta)}${weights}`
}

/**
 * Returns whether a cell has a ratio to the baseline that nothing supports: in fresh processes one
 * without a verdict, because too few processes were undisturbed, and in turns one of too few
 * rounds.
 */
export function isUnjudged(
  { versusBaseline }: BenchOkCell,
  { mode, repetitions }: Pick<BenchProtocol, 'mode' | 'repetitions'>,
): boolean {
  if (versusBaseline === undefined) return false
  return mode === 'turns' ? repetitions < ENOUGH_PROCESSES : versusBaseline.verdict === undefined
}

/** Says what the mark `?` before a ratio means. */
export function unjudgedNote({ mode }: Pick<BenchProtocol, 'mode'>): string {
  return mode === 'turns'
    ? `?: too few rounds to judge the ratio: fewer than ${ENOUGH_PROCESSES}; add some with --rounds`
    : '?: too few undisturbed processes to tell the ratio from chance, so it has no interval; add some with --reps, or make the machine quieter'
}

/**
 * Returns how fast a cell is compared with the baseline: `30.5 [29.9, 31.2]`, with `≈` where no
 * difference is shown, and `? 30.5` where too few processes can tell.
 */
export function ratioText(cell: BenchOkCell, protocol: BenchProtocol): string {
  const { versusBaseline } = cell
  if (versusBaseline === undefined) return isBaseline(cell, protocol.baseline) ? '1' : '–'
  const { ratio, low, high, verdict, baseline: other } = versusBaseline
  const against = other === undefined ? '' : ` vs ${other}`
  if (isUnjudged(cell, protocol)) return `? ${significant(ratio)}${against}`
  const same = verdict === 'no difference shown' ? '≈ ' : ''
  return `${same}${significant(ratio)} [${significant(low)}, ${significant(high)}]${against}`
}

/** Returns a number with its noun: `1 round`, `20 rounds`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** Returns why a cell has no figures, in one line. */
export function absence(cell: Exclude<BenchCell, BenchOkCell>): string {
  const hint = cell.status === 'unavailable' ? `; ${cell.hint}` : ''
  return `${cell.status}: ${cell.reason}${hint}`
}
