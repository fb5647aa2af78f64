import { mannKendall } from './mann-kendall.js'
import { timingStatistics } from './timing-statistics.js'

export interface TrendOptions {
  /** Above it a trend could be chance. @default 0.01 */
  readonly alpha?: number
  /** Change from the first value to the last, as a share of the median, below which a trend does not matter. @default 0.05 */
  readonly minChange?: number
}

export interface Trend {
  /** From the first value to the last along the median slope, as a share of the median: -0.1 is 10% faster at the end. */
  readonly change: number
  readonly p: number
  /** Whether it is both unlikely to be chance and large enough to matter. */
  readonly marked: boolean
}

/** Of values in the order of time; undefined where there are too few to tell. */
export function trend(
  values: readonly number[],
  { alpha = 0.01, minChange = 0.05 }: TrendOptions = {},
): Trend | undefined {
  // With 4 values no order of theirs is rarer than 1 in 24.
  if (values.length < 5) return undefined
  const { p, slope } = mannKendall(values)
  const median = timingStatistics(values).medianMs
  const change = median === 0 ? 0 : (slope * (values.length - 1)) / median
  return { change, p, marked: p <= alpha && Math.abs(change) >= minChange }
}

/** Blocks that the steps of a process are summarised by before they are looked at for a trend. */
const BLOCKS = 12

/**
 * Whether the steps of one process became slower or faster while they were timed: warm-up that had not ended, a machine that
 * throttles. Looks at the medians of {@link BLOCKS} blocks of consecutive steps, which unlike single steps hardly depend on
 * their neighbours.
 *
 * @returns undefined for fewer than two steps a block
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
