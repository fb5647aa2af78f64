/**
 * Returns the share of predictions that equal their label.
 *
 * @param labels class indices
 * @param predictions class indices, one for each label
 * @throws RangeError when the lengths differ or are 0
 */
export function accuracy(labels: ArrayLike<number>, predictions: ArrayLike<number>): number {
  assertPaired(labels, predictions)
  let correct = 0
  for (let i = 0; i < labels.length; i++) if (labels[i] === predictions[i]) correct++
  return correct / labels.length
}

/** The most classes that a {@link ConfusionMatrix} is made for. Its counts then take 4 MiB. */
export const MAX_MATRIX_CLASSES = 1024

/** Counts samples by true class (rows) and predicted class (columns). */
export interface ConfusionMatrix {
  readonly classes: number
  /** [classes, classes], row-major: `counts[label * classes + prediction]`. */
  readonly counts: Uint32Array
}

/**
 * Counts how often each class was predicted for each true class. Its memory grows with the square
 * of the number of classes; {@link confusionCounts} is for any number of them.
 *
 * @param labels class indices in [0, classes)
 * @param predictions class indices in [0, classes), one for each label
 * @throws RangeError when the lengths differ or are 0, an index is not a class, or there are more
 *   than {@link MAX_MATRIX_CLASSES}
 */
export function confusionMatrix(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  classes: number,
): ConfusionMatrix {
  if (classes > MAX_MATRIX_CLASSES)
    throw new RangeError(
      `confusion matrix: expected at most ${MAX_MATRIX_CLASSES} classes, got ${classes}`,
    )
  assertPaired(labels, predictions)
  const counts = new Uint32Array(classes * classes)
  for (let i = 0; i < labels.length; i++) {
    const label = assertClass('label', labels[i]!, classes, i)
    const prediction = assertClass('prediction', predictions[i]!, classes, i)
    counts[label * classes + prediction]!++
  }
  return { classes, counts }
}

/** One number of a confusion matrix that is not 0. */
export interface ConfusionCount {
  readonly label: number
  readonly prediction: number
  /** The number of samples of this class for which that class was predicted. */
  readonly count: number
}

/**
 * Returns the numbers of a confusion matrix that are not 0, the largest first and equal ones in the
 * order of the matrix. There are at most as many as samples, whatever the number of classes.
 *
 * @param labels class indices in [0, 2¹⁶)
 * @param predictions class indices in [0, 2¹⁶), one for each label
 * @throws RangeError when the lengths differ or are 0
 */
export function confusionCounts(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
): ConfusionCount[] {
  assertPaired(labels, predictions)
  const counts = new Map<number, number>()
  for (let i = 0; i < labels.length; i++) {
    const key = labels[i]! * 65_536 + predictions[i]!
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return [...counts]
    .sort(([keyA, a], [keyB, b]) => b - a || keyA - keyB)
    .map(([key, count]) => ({
      label: Math.floor(key / 65_536),
      prediction: key % 65_536,
      count,
    }))
}

/**
 * The scores of one class, or an average of them. A ratio whose denominator is 0 (a class that is
 * never predicted, or has no samples) is 0.
 */
export interface ClassScores {
  /** The share of the samples predicted as this class that belong to it. */
  readonly precision: number
  /** The share of the samples of this class that are predicted as it. */
  readonly recall: number
  /** The harmonic mean of precision and recall. */
  readonly f1: number
  /** The number of samples of the class; in an average, of all classes. */
  readonly support: number
}

/** The scores of a classifier, by class and averaged. */
export interface ClassificationReport {
  /** The scores by class index. */
  readonly classes: readonly ClassScores[]
  readonly accuracy: number
  /** The unweighted mean over the classes that occur among the labels or the predictions. */
  readonly macro: ClassScores
  /** The mean weighted by support. */
  readonly weighted: ClassScores
}

/**
 * Computes precision, recall and F1 as scikit-learn's classification_report does with
 * `zero_division=0`. Its memory grows with the number of classes, and not with its square.
 *
 * @param labels class indices in [0, classes)
 * @param predictions class indices in [0, classes), one for each label
 * @throws RangeError when the lengths differ or are 0, or an index is not a class
 */
export function classificationReport(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  classes: number,
): ClassificationReport {
  assertPaired(labels, predictions)
  const [support, predicted, hits] = [0, 1, 2].map(() => new Array<number>(classes).fill(0)) as [
    number[],
    number[],
    number[],
  ]
  for (let i = 0; i < labels.length; i++) {
    const label = assertClass('label', labels[i]!, classes, i)
    const prediction = assertClass('prediction', predictions[i]!, classes, i)
    support[label]!++
    predicted[prediction]!++
    if (label === prediction) hits[label]!++
  }
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
      scores.map((_, at) => (support[at]! + predicted[at]! > 0 ? 1 : 0)),
      samples,
    ),
    weighted: average(scores, support, samples),
  }
}

/**
 * Checks that there is one prediction per label.
 *
 * @throws RangeError when the numbers of predictions and labels differ, or both are 0
 */
function assertPaired(labels: ArrayLike<number>, predictions: ArrayLike<number>): void {
  if (labels.length === 0) throw new RangeError('labels: expected at least one, got none')
  if (labels.length !== predictions.length) {
    throw new RangeError(
      `predictions: expected ${labels.length}, one for each label, got ${predictions.length}`,
    )
  }
}

function assertClass(what: string, value: number, classes: number, at: number): number {
  if (Number.isInteger(value) && value >= 0 && value < classes) return value
  throw new RangeError(`${what} ${at}: expected a class from 0 to ${classes - 1}, got ${value}`)
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
