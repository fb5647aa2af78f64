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

/** Returns the bytes of several arrays, one behind the other. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** The most classes that a dataset or a model may have. Their indices fit in 16 bits. */
export const MAX_CLASSES = 65_535

/**
 * Indices of classes, from 0. They are bytes where there are at most 256 classes, and 16-bit
 * numbers where there are more.
 */
export type ClassIndices = Uint8Array | Uint16Array

/**
 * Returns zeros, with room in each for the index of any of `classes` classes.
 *
 * @throws RangeError when there are more than {@link MAX_CLASSES}
 */
export function classIndices(length: number, classes: number): ClassIndices {
  if (classes > MAX_CLASSES)
    throw new RangeError(`classes: expected at most ${MAX_CLASSES}, got ${classes}`)
  return classes <= 256 ? new Uint8Array(length) : new Uint16Array(length)
}
