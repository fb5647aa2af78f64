import { product } from './product'

/**
 * The gradient of a convolution's input. For each column and each row of the kernel, the gradient of every line of outputs there, times
 * that row of the kernel, is added to the run of inputs that the row reads: a product, without a multiplication in vain at edges.
 *
 * @param dy [line][column][output channel], lines `dyOffsets` apart
 * @param w [kernel row][output channel][tap of the row], taps a multiple of 8: those beyond the last are 0
 * @param dx zeros, padded as the input is, and 28 bytes more; what a line of outputs reads begins at its `dxOffsets`
 * @param dxRow bytes of an input row
 * @param dxColumn bytes from what an output reads to what the next one does
 */
export function inputGradient(
  dy: usize, dyOffsets: usize, lines: i32, columns: i32, channels: i32, w: usize, kernelHeight: i32, taps: i32,
  dx: usize, dxOffsets: usize, dxRow: usize, dxColumn: usize, noOffset: usize,
): void {
  const wRow: usize = <usize>taps << 2
  for (let column = 0; column < columns; column++) for (let row = 0; row < kernelHeight; row++) {
    product(
      dy + (<usize>(column * channels) << 2), dyOffsets, lines, noOffset, 1, channels, 4, w + <usize>(row * channels) * wRow, wRow, taps,
      dx + <usize>row * dxRow + <usize>column * dxColumn, dxOffsets, 0, 0, true, -Infinity)
  }
}
