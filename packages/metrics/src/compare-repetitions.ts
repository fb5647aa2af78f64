import { mannWhitney, smallestP } from './rank-tests.js'
import {
  bootstrapRatio,
  type BootstrapOptions,
  type RatioInterval,
  timingStatistics,
} from './timing.js'

/**
 * The figures of one process. It counts as a single value, because its steps resemble each other.
 */
export interface Repetition {
  /** The median of its steps. */
  readonly medianMs: number
  /** The time of a fixed amount of work in the same process, see {@link Comparison.yardstick}. */
  readonly yardstickMs?: number | undefined
  /** Whether other programs used the core while it was measured. */
  readonly disturbed?: boolean | undefined
}

/** The smallest number of processes on each side for a verdict, for any p. */
export const ENOUGH_PROCESSES = 4

/** The outcome of a comparison. */
export type Verdict = 'faster' | 'slower' | 'no difference shown'

/** The options of {@link compareRepetitions}. */
export interface CompareOptions extends BootstrapOptions {
  /**
   * The largest accepted probability that a family of comparisons reports a difference that does
   * not exist.
   *
   * @default 0.05
   */
  readonly alpha?: number
  /** Ignore differences smaller than this, even if they are significant. @default 0.03 */
  readonly minEffect?: number
}

/** The comparison of one pair. */
export interface Comparison {
  readonly verdict: Verdict
  /** Says how many undisturbed processes of a and of b were compared. */
  readonly counts: readonly [number, number]
  /** The ratio of b's median over its processes to a's. Above 1, b is slower. */
  readonly ratio: RatioInterval
  /** The two-sided p of the Mann–Whitney test, corrected for the number of comparisons. */
  readonly p: number
  /**
   * The smallest p that this number of processes can give. If it is above alpha, no difference can
   * be shown.
   */
  readonly smallestP: number
  /**
   * The ratio of b's yardstick to a's: how much slower the machine itself was. Undefined if a side
   * has none.
   */
  readonly yardstick?: number | undefined
  /** The reason for the verdict in a few words. */
  readonly why: string
}

/** Two sides to compare: a is before a change, b is after it. */
export interface ComparedPair {
  readonly a: readonly Repetition[]
  readonly b: readonly Repetition[]
}

/**
 * Compares the processes of each pair. Disturbed processes are left out, because another program
 * slowed them down. A pair differs if all of these hold:
 *
 * - both sides have at least {@link ENOUGH_PROCESSES} processes;
 * - the p of the Mann–Whitney test of the medians, corrected for the number of pairs (Holm 1979),
 *   is at most alpha;
 * - the ratio is at least `minEffect` from 1;
 * - the ratio divided by the ratio of the yardsticks still is, so that a slower machine does not
 *   count as a slower program.
 *
 * @throws RangeError when a side has no process
 */
export function compareRepetitions(
  pairs: readonly ComparedPair[],
  options: CompareOptions,
): Comparison[] {
  const { alpha = 0.05, minEffect = 0.03 } = options
  const quiet = pairs.map(({ a, b }) => ({ a: undisturbed(a), b: undisturbed(b) }))
  const medians = (side: readonly Repetition[]) => side.map(({ medianMs }) => medianMs)
  const none = ({ a, b }: ComparedPair) => a.length === 0 || b.length === 0
  const ps = holm(
    quiet.map((pair) => (none(pair) ? 1 : mannWhitney(medians(pair.a), medians(pair.b)).p)),
  )
  return quiet.map((pair, at) => {
    const { a, b } = none(pair) ? pairs[at]! : pair
    const ratio = bootstrapRatio(
      medians(b).map((ms) => [ms]),
      medians(a).map((ms) => [ms]),
      options,
    )
    const evidence = {
      counts: [pair.a.length, pair.b.length] as const,
      ratio,
      p: ps[at]!,
      yardstick: yardstickRatio(a, b),
      smallestP: none(pair) ? 1 : Math.min(1, smallestP(a.length, b.length) * pairs.length),
    }
    const disturbed = pairs[at]!.a.length + pairs[at]!.b.length > a.length + b.length || none(pair)
    return { ...evidence, ...judge(evidence, disturbed, alpha, minEffect) }
  })
}

/**
 * Returns the undisturbed processes. Without any, the ratio can still be shown, but there is no
 * verdict.
 */
function undisturbed(side: readonly Repetition[]): readonly Repetition[] {
  return side.filter(({ disturbed }) => disturbed !== true)
}

/**
 * Returns whether both sides have enough undisturbed processes for a verdict. With fewer nothing
 * can be said about chance.
 */
export function canJudge(
  { counts, smallestP }: Pick<Comparison, 'counts' | 'smallestP'>,
  alpha: number,
): boolean {
  return smallestP <= alpha && Math.min(...counts) >= ENOUGH_PROCESSES
}

function judge(
  { counts, ratio: { ratio }, p, smallestP, yardstick = 1 }: Omit<Comparison, 'verdict' | 'why'>,
  disturbed: boolean,
  alpha: number,
  minEffect: number,
): Pick<Comparison, 'verdict' | 'why'> {
  const none = (why: string) => ({ verdict: 'no difference shown', why }) as const
  if (!canJudge({ counts, smallestP }, alpha))
    return none(`too few ${disturbed ? 'undisturbed ' : ''}processes to show a difference`)
  if (p > alpha) return none('it could be chance')
  const direction = directionOf(ratio, minEffect)
  if (direction === undefined) return none(`smaller than ${minEffect * 100}%`)
  if (directionOf(ratio / yardstick, minEffect) !== direction)
    return none('the machine itself differed as much')
  return { verdict: direction, why: 'the difference is significant and not too small to count' }
}

function directionOf(ratio: number, minEffect: number): 'faster' | 'slower' | undefined {
  if (ratio >= 1 + minEffect) return 'slower'
  return ratio <= 1 / (1 + minEffect) ? 'faster' : undefined
}

function yardstickRatio(a: readonly Repetition[], b: readonly Repetition[]): number | undefined {
  const known = (side: readonly Repetition[]) =>
    side.flatMap(({ yardstickMs }) => (yardstickMs === undefined ? [] : [yardstickMs]))
  const [before, after] = [known(a), known(b)]
  if (before.length === 0 || after.length === 0) return undefined
  return timingStatistics(after).medianMs / timingStatistics(before).medianMs
}

/** Corrects the p values of a family of tests with Holm's step-down method. */
export function holm(ps: readonly number[]): number[] {
  const adjusted = new Array<number>(ps.length)
  let largest = 0
  for (const [rank, at] of ps
    .map((_, at) => at)
    .sort((x, y) => ps[x]! - ps[y]!)
    .entries()) {
    largest = Math.max(largest, Math.min(1, ps[at]! * (ps.length - rank)))
    adjusted[at] = largest
  }
  return adjusted
}
