import type { ConfusionMatrix } from './confusion-matrix.js'

/** Where a ratio's denominator is 0 (a class never predicted, or without samples) the ratio is 0. */
export interface ClassScores {
  /** Of what was predicted as this class, the share that is. */
  readonly precision: number
  /** Of what is this class, the share predicted so. */
  readonly recall: number
  /** Harmonic mean of precision and recall. */
  readonly f1: number
  /** Samples of the class; in an average, of all classes. */
  readonly support: number
}

export interface ClassificationReport {
  /** By class index. */
  readonly classes: readonly ClassScores[]
  readonly accuracy: number
  /** Unweighted mean over the classes, those without samples included. */
  readonly macro: ClassScores
  /** Mean weighted by support. */
  readonly weighted: ClassScores
}

/** Precision, recall and F1 as scikit-learn's classification_report defines them, with `zero_division=0`. */
export function classificationReport({ classes, counts }: ConfusionMatrix): ClassificationReport {
  const support = new Array<number>(classes).fill(0)
  const predicted = new Array<number>(classes).fill(0)
  counts.forEach((count, at) => {
    support[Math.floor(at / classes)]! += count
    predicted[at % classes]! += count
  })
  const hits = support.map((_, at) => counts[at * classes + at]!)
  const scores = hits.map((hit, at): ClassScores => ({
    precision: ratio(hit, predicted[at]!),
    recall: ratio(hit, support[at]!),
    f1: ratio(2 * hit, predicted[at]! + support[at]!),
    support: support[at]!,
  }))
  const samples = total(support)
  return {
    classes: scores,
    accuracy: ratio(total(hits), samples),
    macro: average(
      scores,
      scores.map(() => 1),
      samples,
    ),
    weighted: average(scores, support, samples),
  }
}

function average(
  scores: readonly ClassScores[],
  weights: readonly number[],
  support: number,
): ClassScores {
  const mean = (score: (scores: ClassScores) => number) =>
    ratio(total(scores.map((of, at) => score(of) * weights[at]!)), total(weights))
  return {
    precision: mean((of) => of.precision),
    recall: mean((of) => of.recall),
    f1: mean((of) => of.f1),
    support,
  }
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0)
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole
}
