import { medianAbsoluteDeviation, medianSorted, quantileSorted } from 'simple-statistics'

/**
 * Order statistics of a list of durations. Durations are skewed and have high outliers (a garbage
 * collection, another process), so there is no mean and no standard deviation here.
 */
export interface TimingStatistics {
  readonly n: number
  readonly medianMs: number
  /**
   * The median absolute deviation: the median distance from the median, not scaled to the σ of a
   * normal distribution.
   */
  readonly madMs: number
  readonly p5Ms: number
  readonly p95Ms: number
  readonly minMs: number
  readonly maxMs: number
}

/**
 * Computes the order statistics of durations.
 *
 * Quantiles interpolate linearly between the two nearest of the sorted samples, at (n − 1) · p:
 * Hyndman and Fan's type 7, NumPy's and R's default. With fewer than 20 samples p5 and p95 are
 * little more than the extremes.
 *
 * @param samplesMs at least one duration in milliseconds
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

/**
 * Samples of one quantity, grouped by independent repetition such as a process: `[[1, 2], [1, 3]]`.
 */
export type GroupedSamples = readonly (readonly number[])[]

/** The options of {@link bootstrapRatio}. */
export interface BootstrapOptions {
  /** Returns uniform numbers in [0, 1). A seeded generator makes the interval reproducible. */
  readonly random: () => number
  /** @default 1000 */
  readonly resamples?: number
  /** The share of the resampled ratios inside the interval, in (0, 1). @default 0.95 */
  readonly confidence?: number
}

/** A ratio of two medians with its bootstrap interval from `low` to `high`. */
export interface RatioInterval {
  /** median(a) / median(b), each over all samples. */
  readonly ratio: number
  readonly low: number
  readonly high: number
  readonly confidence: number
  readonly resamples: number
}

/**
 * Computes the ratio of two medians with its percentile bootstrap interval (Efron and Tibshirani
 * 1993, chapter 13).
 *
 * Samples of one process resemble each other, so resampling them alone would give an interval that
 * is too narrow. This bootstrap has two stages: it draws repetitions with replacement, then samples
 * within each drawn repetition. With a single repetition only the second stage is left, and the
 * interval says nothing about the next process. No interval says anything about another machine or
 * another day.
 *
 * @param a at least one sample in each repetition
 * @param b at least one sample in each repetition; the number of repetitions may differ from a's
 * @throws RangeError when there is no repetition, or a repetition has no sample
 */
export function bootstrapRatio(
  a: GroupedSamples,
  b: GroupedSamples,
  { random, resamples = 1000, confidence = 0.95 }: BootstrapOptions,
): RatioInterval {
  for (const groups of [a, b]) {
    if (groups.length === 0 || groups.some((group) => group.length === 0)) {
      throw new RangeError(
        'samples: expected at least one in each of one or more repetitions, got none',
      )
    }
  }
  const ratios = Array.from(
    { length: resamples },
    () => resampledMedian(a, random) / resampledMedian(b, random),
  )
  ratios.sort((x, y) => x - y)
  const tail = (1 - confidence) / 2
  return {
    ratio: median(a.flat()) / median(b.flat()),
    low: quantileSorted(ratios, tail),
    high: quantileSorted(ratios, 1 - tail),
    confidence,
    resamples,
  }
}

function resampledMedian(groups: GroupedSamples, random: () => number): number {
  const drawn: number[] = []
  for (let i = 0; i < groups.length; i++) {
    const group = groups[Math.floor(random() * groups.length)]!
    for (let j = 0; j < group.length; j++) drawn.push(group[Math.floor(random() * group.length)]!)
  }
  return median(drawn)
}

function median(samples: readonly number[]): number {
  // Sorting is the whole cost here, and a typed array sorts several times faster than an array with
  // a comparison.
  return medianSorted(Array.from(Float64Array.from(samples).sort()))
}
