import { mannKendall } from './rank-tests.js'
import { timingStatistics } from './timing.js'

/** The options of {@link trend} and {@link stepTrend}. */
export interface TrendOptions {
  /** A trend with a larger p counts as chance. @default 0.01 */
  readonly alpha?: number
  /**
   * Ignore a smaller change from the first value to the last, as a share of the median.
   *
   * @default 0.05
   */
  readonly minChange?: number
}

/** The change of values over time. */
export interface Trend {
  /**
   * The change from the first value to the last along the median slope, as a share of the median:
   * -0.1 is 10% lower at the end.
   */
  readonly change: number
  readonly p: number
  /** Whether the trend is both significant and large enough to matter. */
  readonly marked: boolean
}

/**
 * Looks for a trend in values in the order of time. Returns undefined for fewer than five values.
 */
export function trend(
  values: readonly number[],
  { alpha = 0.01, minChange = 0.05 }: TrendOptions = {},
): Trend | undefined {
  // Four values have only 24 orders, so no order of them can be significant at 0.01.
  if (values.length < 5) return undefined
  const { p, slope } = mannKendall(values)
  const median = timingStatistics(values).medianMs
  const change = median === 0 ? 0 : (slope * (values.length - 1)) / median
  return { change, p, marked: p <= alpha && Math.abs(change) >= minChange }
}

/** The steps of a process are summarised by this many blocks before the test. */
const BLOCKS = 12

/**
 * Tells whether the steps of one process became slower or faster while they were timed, as in an
 * unfinished warm-up or on a throttling machine. It looks at the medians of {@link BLOCKS} blocks
 * of consecutive steps, which unlike single steps hardly depend on their neighbours.
 *
 * @returns undefined for fewer than two steps per block
 */
export function stepTrend(
  samplesMs: readonly number[],
  options: TrendOptions = {},
): Trend | undefined {
  if (samplesMs.length < 2 * BLOCKS) return undefined
  const at = (block: number) => Math.round((block * samplesMs.length) / BLOCKS)
  return trend(
    Array.from(
      { length: BLOCKS },
      (_, block) => timingStatistics(samplesMs.slice(at(block), at(block + 1))).medianMs,
    ),
    options,
  )
}
