/**
 * Returns how many numbers an array of this shape holds: the product of its sides. The empty shape
 * is that of a scalar, which holds one number.
 */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1)
}

/**
 * Returns the index of the largest value, the first one where several are equal, as PyTorch's
 * `argmax` does. NaN is never chosen over a number that stands before it; for an empty array the
 * result is 0.
 */
export function argmax(values: ArrayLike<number>): number {
  let best = 0
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i
  return best
}
