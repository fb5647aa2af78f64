import { type CompareOptions, compareRepetitions, type Comparison } from '@mnist-lab/metrics'
import {
  type BenchCell,
  type BenchOkCell,
  type CellName,
  hasSpeed,
  sameCell,
} from './cell-schema.js'
import {
  type EnvironmentDifference,
  machineDifferences,
  softwareDifferences,
} from './environment.js'
import type { BenchResult } from './result-schema.js'

/** A cell of two results. */
export interface ComparedCell {
  readonly name: CellName
  /** The cell before, or undefined if only the other result has it. */
  readonly a?: BenchCell
  /** The cell after. */
  readonly b?: BenchCell
  /** The comparison, if both results have measured the cell. */
  readonly comparison?: Comparison
  /** Set if the cell ran at parity before, but not after: says what was lost. */
  readonly lost?: string
}

/** Two results, cell by cell, and how they differ otherwise. */
export interface ResultComparison {
  /** The cells in the order of b, then those that only a has. */
  readonly cells: readonly ComparedCell[]
  /** Says how the machines differ. */
  readonly machine: readonly EnvironmentDifference[]
  /** Says how the software differs. */
  readonly software: readonly EnvironmentDifference[]
  /** Says how the protocols differ. */
  readonly protocol: readonly EnvironmentDifference[]
}

/**
 * Compares two results cell by cell. All cells that both have measured are one family of
 * comparisons.
 *
 * @param a the result before
 * @param b the result after
 */
export function compareResults(
  a: BenchResult,
  b: BenchResult,
  options: CompareOptions,
): ResultComparison {
  const names = [
    ...b.cells,
    ...a.cells.filter((cell) => !b.cells.some((other) => sameCell(other, cell))),
  ]
  const found = (cells: readonly BenchCell[], name: CellName) =>
    cells.find((cell) => sameCell(cell, name))
  const both = names.map((name) => ({ name, a: found(a.cells, name), b: found(b.cells, name) }))
  const measured = both.filter(
    (pair): pair is typeof pair & { a: BenchOkCell; b: BenchOkCell } =>
      pair.a?.status === 'ok' && pair.b?.status === 'ok' && hasSpeed(pair.a) && hasSpeed(pair.b),
  )
  const comparisons = compareRepetitions(
    measured.map((pair) => ({ a: pair.a.repetitions, b: pair.b.repetitions })),
    options,
  )
  return {
    cells: both.map((pair) => {
      const comparison = comparisons[measured.findIndex(({ name }) => name === pair.name)]
      const lost = lostOf(pair.a, pair.b)
      return {
        name: pair.name,
        ...(pair.a === undefined ? {} : { a: pair.a }),
        ...(pair.b === undefined ? {} : { b: pair.b }),
        ...(comparison === undefined ? {} : { comparison }),
        ...(lost === undefined ? {} : { lost }),
      }
    }),
    machine: machineDifferences(a.environment, b.environment),
    software: softwareDifferences(a.environment, b.environment),
    protocol: protocolDifferences(a, b),
  }
}

function lostOf(a: BenchCell | undefined, b: BenchCell | undefined): string | undefined {
  if (a?.status !== 'ok' || b === undefined) return undefined
  if (b.status !== 'ok') return `${b.status}: ${b.reason}`
  return a.parity.ok && !b.parity.ok ? 'no longer at parity' : undefined
}

function protocolDifferences(a: BenchResult, b: BenchResult): EnvironmentDifference[] {
  const of = ({ protocol: { repetitions, budget, warmup, seed, slowDown } }: BenchResult) => ({
    repetitions,
    budget,
    warmup,
    seed,
    'artificial slow-down': slowDown,
  })
  const [before, after] = [of(a), of(b)]
  return (Object.keys(before) as (keyof typeof before)[])
    .map((what) => ({
      what,
      a: JSON.stringify(before[what]) ?? 'none',
      b: JSON.stringify(after[what]) ?? 'none',
    }))
    .filter((one) => one.a !== one.b)
}
