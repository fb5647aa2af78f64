import { assertPaired } from './accuracy.js'

/** Counts by true class (rows) and predicted class (columns). */
export interface ConfusionMatrix {
  readonly classes: number
  /** [classes, classes], row-major: `counts[label * classes + prediction]`. */
  readonly counts: Uint32Array
}

/**
 * @param labels class indices in [0, classes)
 * @param predictions class indices in [0, classes), as many
 * @throws RangeError when the lengths differ or are 0, or an index is not a class
 */
export function confusionMatrix(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  classes: number,
): ConfusionMatrix {
  assertPaired(labels, predictions)
  const counts = new Uint32Array(classes * classes)
  for (let i = 0; i < labels.length; i++) {
    const label = assertClass('label', labels[i]!, classes, i)
    const prediction = assertClass('prediction', predictions[i]!, classes, i)
    counts[label * classes + prediction]!++
  }
  return { classes, counts }
}

function assertClass(what: string, value: number, classes: number, at: number): number {
  if (Number.isInteger(value) && value >= 0 && value < classes) return value
  throw new RangeError(`${what} ${at}: expected a class from 0 to ${classes - 1}, got ${value}`)
}
