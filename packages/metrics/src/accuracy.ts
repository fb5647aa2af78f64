/**
 * The share of predictions that equal their label.
 *
 * @param labels class indices
 * @param predictions class indices, as many
 * @throws RangeError when the lengths differ or are 0
 */
export function accuracy(labels: ArrayLike<number>, predictions: ArrayLike<number>): number {
  assertPaired(labels, predictions)
  let correct = 0
  for (let i = 0; i < labels.length; i++) if (labels[i] === predictions[i]) correct++
  return correct / labels.length
}

/** @throws RangeError when there are not as many predictions as labels, or none of either */
export function assertPaired(labels: ArrayLike<number>, predictions: ArrayLike<number>): void {
  if (labels.length === 0) throw new RangeError('labels: expected at least one, got none')
  if (labels.length !== predictions.length) {
    throw new RangeError(
      `predictions: expected ${labels.length}, one for each label, got ${predictions.length}`,
    )
  }
}
