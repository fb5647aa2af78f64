import { product } from './product'

/**
 * Computes the gradient of a convolution's input. For each column and each row of the kernel, it
 * multiplies the gradients of the outputs by that row of the kernel, and adds the products to the
 * inputs that the row reads. No multiplication is wasted at the edges.
 *
 * @param dy [line][column][output channel], lines `dyOffsets` apart
 * @param w [kernel row][panel of 8 taps of the row][output channel][tap], 0 for taps after the last
 * @param dx zeros, padded like the input, and 28 more bytes; the inputs of a line of outputs begin
 * at the line's `dxOffsets`
 * @param dxRow bytes of an input row
 * @param dxColumn bytes between the inputs of one output and those of the next
 */
export function inputGradient(
  dy: usize, dyOffsets: usize, lines: i32, columns: i32, channels: i32, w: usize, kernelHeight: i32, panels: i32,
  dx: usize, dxOffsets: usize, dxRow: usize, dxColumn: usize, noOffset: usize,
): void {
  for (let column = 0; column < columns; column++) {
    let p = w
    for (let row = 0; row < kernelHeight; row++) for (let panel = 0; panel < panels; panel++) {
      product(
        dy + (<usize>(column * channels) << 2), dyOffsets, lines, noOffset, 1, channels, 4, p, 32, 8,
        dx + <usize>row * dxRow + <usize>column * dxColumn + (<usize>panel << 5), dxOffsets, 0, 0, true, -Infinity)
      p += <usize>channels << 5
    }
  }
}
