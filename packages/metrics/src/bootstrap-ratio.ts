import { medianSorted, quantileSorted } from 'simple-statistics'

/** Samples of one quantity, by independent repetition (a process, say): `[[1, 2], [1, 3]]`. */
export type GroupedSamples = readonly (readonly number[])[]

export interface BootstrapOptions {
  /** Uniform in [0, 1); seed it and the interval is reproducible. */
  readonly random: () => number
  /** @default 1000 */
  readonly resamples?: number
  /** Share of the resampled ratios inside the interval, in (0, 1). @default 0.95 */
  readonly confidence?: number
}

export interface RatioInterval {
  /** median(a) / median(b) over all samples of each. */
  readonly ratio: number
  readonly low: number
  readonly high: number
  readonly confidence: number
  readonly resamples: number
}

/**
 * The ratio of two medians with its percentile bootstrap interval (Efron and Tibshirani 1993, chapter 13).
 *
 * Samples of one process resemble each other, so resampling them alone would give an interval that is too narrow. The
 * bootstrap here has two stages: repetitions are drawn with replacement, then samples within each repetition drawn. A
 * single repetition leaves the second stage alone: such an interval says nothing about the next process. Nor does any
 * say something about another machine or another day.
 *
 * @param a at least one sample in each repetition
 * @param b likewise; as many repetitions are not needed
 * @throws RangeError when a repetition has no sample or there is no repetition
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
  // A typed array sorts numbers several times faster than an array with a comparison; here that is the whole cost.
  return medianSorted(Array.from(Float64Array.from(samples).sort()))
}
