import { medianAbsoluteDeviation, medianSorted, quantileSorted } from 'simple-statistics'

/**
 * Order statistics of a list of durations. Durations are skewed and have outliers above (a garbage collection, another
 * process), so there is no mean and no standard deviation here.
 */
export interface TimingStatistics {
  readonly n: number
  readonly medianMs: number
  /** Median of the distances from the median, not scaled to a normal distribution's σ. */
  readonly madMs: number
  readonly p5Ms: number
  readonly p95Ms: number
  readonly minMs: number
  readonly maxMs: number
}

/**
 * Quantiles interpolate linearly between the two nearest of the sorted samples, at (n − 1) · p: Hyndman and Fan's type
 * 7, NumPy's and R's default. With fewer than 20 samples p5 and p95 are little more than the extremes.
 *
 * @param samplesMs at least one
 * @throws RangeError when there is none
 */
export function timingStatistics(samplesMs: readonly number[]): TimingStatistics {
  if (samplesMs.length === 0) throw new RangeError('samples: expected at least one, got none')
  const sorted = [...samplesMs].sort((a, b) => a - b)
  return {
    n: sorted.length,
    medianMs: medianSorted(sorted),
    madMs: medianAbsoluteDeviation(sorted),
    p5Ms: quantileSorted(sorted, 0.05),
    p95Ms: quantileSorted(sorted, 0.95),
    minMs: sorted[0]!,
    maxMs: sorted[sorted.length - 1]!,
  }
}
