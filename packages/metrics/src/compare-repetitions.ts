import { bootstrapRatio, type BootstrapOptions, type RatioInterval } from './bootstrap-ratio.js'
import { mannWhitney, smallestP } from './mann-whitney.js'
import { timingStatistics } from './timing-statistics.js'

/** What one process says in a comparison: a single figure, because its steps resemble each other. */
export interface Repetition {
  /** Median of its steps. */
  readonly medianMs: number
  /** What a fixed piece of work took in the same process, see {@link Comparison.yardstick}. */
  readonly yardstickMs?: number | undefined
  /** Whether other programs took the core away while it was measured. */
  readonly disturbed?: boolean | undefined
}

/** With fewer processes than this on a side nothing is said, whatever their p. */
const ENOUGH = 4

export type Verdict = 'faster' | 'slower' | 'no difference shown'

export interface CompareOptions extends BootstrapOptions {
  /** How often, at most, a family of comparisons may see a difference where there is none. @default 0.05 */
  readonly alpha?: number
  /** A ratio nearer to 1 than this is no difference, however certain. @default 0.03 */
  readonly minEffect?: number
}

export interface Comparison {
  readonly verdict: Verdict
  /** How many processes of a and of b counted: those that were not disturbed. */
  readonly counts: readonly [number, number]
  /** Of b, the median over its processes, to a: above 1 b is slower. */
  readonly ratio: RatioInterval
  /** Mann and Whitney's, two-sided, corrected for how many comparisons were made. */
  readonly p: number
  /** The smallest p that so few processes can give; above alpha no difference can be shown. */
  readonly smallestP: number
  /** Of b to a: how much slower the machine itself was. Undefined where it was not measured on both sides. */
  readonly yardstick?: number | undefined
  /** Why there is a verdict, or none, in a few words. */
  readonly why: string
}

/** Pairs to compare: a before, b after. */
export interface ComparedPair {
  readonly a: readonly Repetition[]
  readonly b: readonly Repetition[]
}

/**
 * Compares processes, pair by pair, those that were disturbed left out: what made them slow was another program. A pair differs when
 * all of these hold:
 *
 * - there are {@link ENOUGH} processes or more on both sides;
 * - the Mann–Whitney test over the medians of its processes, corrected for the number of pairs (Holm 1979), is at most alpha;
 * - the ratio is at least `minEffect` from 1;
 * - it still is when divided by the ratio of the yardsticks, so that a machine that has become slower is no slower program.
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

/** Where there is none, its ratio can be shown all the same, but no verdict. */
function undisturbed(side: readonly Repetition[]): readonly Repetition[] {
  return side.filter(({ disturbed }) => disturbed !== true)
}

function judge(
  { counts, ratio: { ratio }, p, smallestP, yardstick = 1 }: Omit<Comparison, 'verdict' | 'why'>,
  disturbed: boolean,
  alpha: number,
  minEffect: number,
): Pick<Comparison, 'verdict' | 'why'> {
  const none = (why: string) => ({ verdict: 'no difference shown', why }) as const
  if (smallestP > alpha || Math.min(...counts) < ENOUGH)
    return none(`too few ${disturbed ? 'undisturbed ' : ''}processes to show any`)
  if (p > alpha) return none('it could be chance')
  const direction = directionOf(ratio, minEffect)
  if (direction === undefined) return none(`smaller than ${minEffect * 100}%`)
  if (directionOf(ratio / yardstick, minEffect) !== direction)
    return none('the machine itself differed as much')
  return { verdict: direction, why: 'beyond chance and the smallest effect asked for' }
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

/** Holm's step-down correction: p values of a family of tests, such that the family errs as rarely as a single test would. */
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
