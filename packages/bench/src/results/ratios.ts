import { createStream } from '@mnist-lab/core'
import {
  canJudge,
  bootstrapRatio,
  compareRepetitions,
  type RatioInterval,
} from '@mnist-lab/metrics'
import { engineText } from '../protocol/engine-name.js'
import type { BenchPlan } from '../protocol/plan.js'
import {
  type BenchCell,
  type BenchOkCell,
  type CellName,
  countedSamples,
  hasSpeed,
} from './cell-schema.js'

const BLOCK = 1024

/** Returns an endless seeded sequence of uniform numbers in [0, 1), each of 32 random bits. */
export function seededRandom(seed: number, index: number): () => number {
  const words = new Uint32Array(BLOCK)
  let block = 0
  let at = BLOCK
  return () => {
    if (at === BLOCK) {
      createStream(seed, 'bench', index, block++).fill(words)
      at = 0
    }
    return words[at++]! / 2 ** 32
  }
}

/**
 * Returns the median of the rounds' ratios with its bootstrap interval. A slow moment of the
 * machine slows both figures of a round and does not change their ratio.
 *
 * @param ms the figure of each round
 * @param baselineMs the baseline's figures of the same rounds
 */
export function pairedRatio(
  ms: readonly number[],
  baselineMs: readonly number[],
  seed: number,
): RatioInterval {
  const ratios = ms.map((value, round) => value / baselineMs[round]!)
  // Over one group of ratios, and a divisor that does not vary, this is the plain bootstrap of
  // their median.
  return bootstrapRatio([ratios], [[1]], { random: seededRandom(seed, 0) })
}

/** Turns a ratio of times, above 1 slower, into one of speeds, above 1 faster. */
export function inverted({ ratio, low, high, ...rest }: RatioInterval): RatioInterval {
  return { ratio: 1 / ratio, low: 1 / high, high: 1 / low, ...rest }
}

/**
 * Returns whether JSON can hold a ratio with its interval. It is infinite for steps that took no
 * time by a coarse clock.
 */
export function isFiniteRatio({ ratio, low, high }: RatioInterval): boolean {
  return [ratio, low, high].every(Number.isFinite)
}

/**
 * Returns whether a cell is the engine that `baseline` names: `cpu` with any number of threads,
 * `fused:1` only with one.
 */
export function isBaseline(cell: CellName, baseline: string): boolean {
  return cell.backend === baseline || engineText(cell) === baseline
}

/**
 * Adds to each cell of fresh processes how it compares with the baseline of the same model and
 * batch size.
 */
export function withRatios(
  cells: readonly BenchCell[],
  baseline: string,
  { seed, comparison }: Pick<BenchPlan, 'seed' | 'comparison'>,
): BenchCell[] {
  const pairs = cells.flatMap((cell) => {
    const base = baselineOf(cell, cells, baseline)
    return cell.status !== 'ok' || base === undefined || !hasSpeed(cell) || !hasSpeed(base)
      ? []
      : [{ cell, base }]
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
    if (!isFiniteRatio(interval)) return cell
    const { p, verdict } = compared[at]!
    const enough = canJudge(compared[at]!, comparison.alpha)
    return {
      ...pair.cell,
      versusBaseline: { ...interval, ...(enough ? { p, verdict } : {}) },
    }
  })
}

/** The baseline with the same threads asked for, or, where it has no such cell, its first one. */
function baselineOf(
  cell: BenchCell,
  cells: readonly BenchCell[],
  baseline: string,
): BenchOkCell | undefined {
  if (isBaseline(cell, baseline)) return undefined
  const own = cells.filter(
    (other): other is BenchOkCell =>
      other.status === 'ok' &&
      isBaseline(other, baseline) &&
      other.model === cell.model &&
      other.batchSize === cell.batchSize,
  )
  return own.find((other) => other.askedThreads === cell.askedThreads) ?? own[0]
}
