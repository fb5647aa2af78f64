import { load0, store0, vadd } from 'lanes'

/**
 * Computes the sums of the columns of x, [rows, columns], which gives the gradient of a bias. Four
 * rows have as many numbers as `columns` vectors, so the sums need no padding.
 *
 * @param sums room for `columns` vectors
 */
export function sumRows(x: usize, rows: i32, columns: i32, y: usize, sums: usize): void {
  const row = <usize>columns << 2
  const end = sums + 4 * row
  memory.fill(sums, 0, 4 * row)
  let p = x
  let left = rows
  for (; left >= 4; left -= 4) {
    for (let s = sums; s < end; s += 16) {
      store0(s, vadd(load0(s), load0(p)))
      p += 16
    }
  }
  for (let s = sums, n = <usize>left * row; s < sums + n; s += 4) {
    store<f32>(s, load<f32>(s) + load<f32>(p))
    p += 4
  }
  for (let c: usize = 0; c < row; c += 4) {
    const s = sums + c
    store<f32>(y + c, load<f32>(s) + load<f32>(s + row) + (load<f32>(s + 2 * row) + load<f32>(s + 3 * row)))
  }
}
