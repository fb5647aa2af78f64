import { medianSorted } from 'simple-statistics'
import { tieSizes, twoSidedP } from './mann-whitney.js'

export interface MannKendall {
  /** Pairs of values of which the later is larger, less those of which it is smaller. */
  readonly s: number
  /** Two-sided, from the normal approximation with the correction for ties and for continuity. */
  readonly p: number
  /** Theil and Sen's: the median of the slopes between all pairs of values; per place in the list. */
  readonly slope: number
}

/**
 * The Mann–Kendall test (Mann 1945, Kendall 1975) for a trend up or down in a list of values, whatever its shape. Values that
 * resemble their neighbours for another reason than a trend look like one: give it medians of blocks, not raw steps.
 *
 * @param values in the order of time; it takes n²/2 comparisons
 * @throws RangeError with fewer than 2 values
 */
export function mannKendall(values: readonly number[]): MannKendall {
  const n = values.length
  if (n < 2) throw new RangeError(`values: expected at least two, got ${n}`)
  const slopes: number[] = []
  let s = 0
  for (let later = 1; later < n; later++) {
    for (let earlier = 0; earlier < later; earlier++) {
      const difference = values[later]! - values[earlier]!
      s += Math.sign(difference)
      slopes.push(difference / (later - earlier))
    }
  }
  const scale = (count: number) => count * (count - 1) * (2 * count + 5)
  const variance = (scale(n) - tieSizes(values).reduce((sum, ties) => sum + scale(ties), 0)) / 18
  const z = variance === 0 ? 0 : Math.max(0, Math.abs(s) - 1) / Math.sqrt(variance)
  return { s, p: twoSidedP(z), slope: medianSorted(slopes.sort((a, b) => a - b)) }
}
