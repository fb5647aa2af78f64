/** A matrix within an array: element (i, j) is values[start + i · row + j · column]. */
export interface MatrixView {
  readonly values: Float32Array
  readonly start: number
  readonly row: number
  readonly column: number
}

/**
 * c ← c + a · b. A transposed or batched matrix is a view with other strides; V8 makes code of the same speed for any.
 * Tiles of 4 rows × 2 columns have their 8 sums in registers and add the products in double precision.
 *
 * @param a [rows, inner]
 * @param b [inner, columns]
 * @param c [rows, columns], overlaps neither
 */
export function addProduct(a: MatrixView, b: MatrixView, c: MatrixView, rows: number, inner: number, columns: number): void {
  const { values: x, row: xRow, column: xStep } = a
  const { values: y, row: yStep, column: yColumn } = b
  const { values: z, row: zRow, column: zColumn } = c
  const [tiledRows, tiledColumns] = [rows - rows % 4, columns - columns % 2]
  for (let i = 0; i < tiledRows; i += 4) {
    for (let j = 0; j < tiledColumns; j += 2) {
      let p0 = a.start + i * xRow
      let q0 = b.start + j * yColumn
      let s00 = 0, s01 = 0, s10 = 0, s11 = 0, s20 = 0, s21 = 0, s30 = 0, s31 = 0
      for (let k = 0; k < inner; k++) {
        const x0 = x[p0]!, x1 = x[p0 + xRow]!, x2 = x[p0 + 2 * xRow]!, x3 = x[p0 + 3 * xRow]!
        const y0 = y[q0]!, y1 = y[q0 + yColumn]!
        s00 += x0 * y0
        s01 += x0 * y1
        s10 += x1 * y0
        s11 += x1 * y1
        s20 += x2 * y0
        s21 += x2 * y1
        s30 += x3 * y0
        s31 += x3 * y1
        p0 += xStep
        q0 += yStep
      }
      const r0 = c.start + i * zRow + j * zColumn, r1 = r0 + zRow, r2 = r1 + zRow, r3 = r2 + zRow
      z[r0]! += s00
      z[r0 + zColumn]! += s01
      z[r1]! += s10
      z[r1 + zColumn]! += s11
      z[r2]! += s20
      z[r2 + zColumn]! += s21
      z[r3]! += s30
      z[r3 + zColumn]! += s31
    }
  }
  // What the tiles leave: up to three rows and a column.
  for (let i = 0; i < rows; i++) {
    for (let j = i < tiledRows ? tiledColumns : 0; j < columns; j++) {
      let p = a.start + i * xRow
      let q = b.start + j * yColumn
      let sum = 0
      for (let k = 0; k < inner; k++, p += xStep, q += yStep) sum += x[p]! * y[q]!
      z[c.start + i * zRow + j * zColumn]! += sum
    }
  }
}
