/** A matrix within an array: element (i, j) is values[start + i · row + j · column]. */
export interface MatrixView {
  readonly values: Float32Array
  readonly start: number
  readonly row: number
  readonly column: number
}

export function transposed({ values, start, row, column }: MatrixView): MatrixView {
  return { values, start, row: column, column: row }
}

/**
 * c ← c + a · b, summed in double precision. A transposed matrix is a view with other strides, and not slower.
 *
 * @param a [rows, inner]
 * @param b [inner, columns]
 * @param c [rows, columns], row after row without gaps; overlaps neither
 */
export function addProduct(
  a: MatrixView,
  b: MatrixView,
  c: MatrixView,
  rows: number,
  inner: number,
  columns: number,
): void {
  const [tiledRows, tiledColumns] = [rows - (rows % 4), columns - (columns % 2)]
  for (let i = 0; i < tiledRows; i += 4) {
    const p = a.start + i * a.row
    for (let j = 0; j < tiledColumns; j += 2) {
      addTile(
        a.values,
        p,
        a.row,
        a.column,
        b.values,
        b.start + j * b.column,
        b.row,
        b.column,
        inner,
        c.values,
        c.start + i * c.row + j,
        c.row,
      )
    }
  }
  // What the tiles leave: up to three rows and a column.
  for (let i = 0; i < rows; i++) {
    for (let j = i < tiledRows ? tiledColumns : 0; j < columns; j++) {
      c.values[c.start + i * c.row + j]! += dot(
        a.values,
        a.start + i * a.row,
        a.column,
        b.values,
        b.start + j * b.column,
        b.row,
        inner,
      )
    }
  }
}

/**
 * Four rows of x times two columns of y, added to z at r. Eight sums are what registers hold; a function of its own, for
 * in one with more variables V8 keeps some of them in memory. `| 0` spares it the check that an index has not overflowed.
 */
function addTile(
  x: Float32Array,
  p: number,
  xRow: number,
  xStep: number,
  y: Float32Array,
  q: number,
  yStep: number,
  yColumn: number,
  inner: number,
  z: Float32Array,
  r: number,
  zRow: number,
): void {
  let s00 = 0,
    s01 = 0,
    s10 = 0,
    s11 = 0,
    s20 = 0,
    s21 = 0,
    s30 = 0,
    s31 = 0
  const row2 = (2 * xRow) | 0,
    row3 = (3 * xRow) | 0
  for (let k = 0; k < inner; k = (k + 1) | 0) {
    const x0 = x[p]!,
      x1 = x[(p + xRow) | 0]!,
      x2 = x[(p + row2) | 0]!,
      x3 = x[(p + row3) | 0]!
    const y0 = y[q]!,
      y1 = y[(q + yColumn) | 0]!
    s00 += x0 * y0
    s01 += x0 * y1
    s10 += x1 * y0
    s11 += x1 * y1
    s20 += x2 * y0
    s21 += x2 * y1
    s30 += x3 * y0
    s31 += x3 * y1
    p = (p + xStep) | 0
    q = (q + yStep) | 0
  }
  z[r]! += s00
  z[r + 1]! += s01
  z[r + zRow]! += s10
  z[r + zRow + 1]! += s11
  z[r + 2 * zRow]! += s20
  z[r + 2 * zRow + 1]! += s21
  z[r + 3 * zRow]! += s30
  z[r + 3 * zRow + 1]! += s31
}

function dot(
  x: Float32Array,
  p: number,
  xStep: number,
  y: Float32Array,
  q: number,
  yStep: number,
  inner: number,
): number {
  let sum = 0
  for (let k = 0; k < inner; k++, p += xStep, q += yStep) sum += x[p]! * y[q]!
  return sum
}
