/** Returns how many numbers a tensor of this shape has. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1)
}
