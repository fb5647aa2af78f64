import { bootstrapRatio, compareRepetitions } from '@mnist-lab/metrics'
import { countedSamples, type BenchCell, type BenchOkCell } from './bench-cell.js'
import type { BenchOptions } from '../protocol/options.js'
import { seededRandom } from '../measure/seeded-random.js'

/** Each cell's step against the baseline's of the same model and batch, where there is one. */
export function withRatios(
  cells: readonly BenchCell[],
  baseline: string,
  { seed, comparison }: Pick<BenchOptions, 'seed' | 'comparison'>,
): BenchCell[] {
  const pairs = cells.flatMap((cell) => {
    const base = baselineOf(cell, cells, baseline)
    return cell.status !== 'ok' || base === undefined ? [] : [{ cell, base }]
  })
  const compared = compareRepetitions(
    pairs.map(({ cell, base }) => ({ a: base.repetitions, b: cell.repetitions })),
    { random: seededRandom(seed, 1), ...comparison },
  )
  return cells.map((cell) => {
    const at = pairs.findIndex((pair) => pair.cell === cell)
    const pair = pairs[at]
    if (pair === undefined) return cell
    const interval = bootstrapRatio(countedSamples(pair.base), countedSamples(pair.cell), {
      random: seededRandom(seed, 0),
    })
    const { p, verdict, smallestP } = compared[at]!
    // With too few processes there is nothing to say of chance.
    return {
      ...pair.cell,
      versusBaseline: { ...interval, ...(smallestP <= comparison.alpha ? { p, verdict } : {}) },
    }
  })
}

/** With the same threads asked for, or, where it has no such cell, with the fewest. */
function baselineOf(
  cell: BenchCell,
  cells: readonly BenchCell[],
  baseline: string,
): BenchOkCell | undefined {
  if (cell.backend === baseline) return undefined
  const own = cells.filter(
    (other): other is BenchOkCell =>
      other.status === 'ok' &&
      other.backend === baseline &&
      other.model === cell.model &&
      other.batchSize === cell.batchSize,
  )
  return own.find((other) => other.askedThreads === cell.askedThreads) ?? own[0]
}
