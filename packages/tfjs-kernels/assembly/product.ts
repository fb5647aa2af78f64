import { load0, splat, loadSplat, vmadd } from 'lanes'

/**
 * Computes the matrix product of dense layers and convolutions, forward and backward:
 *
 *   c[i, j] = start[j] + ∑ over runs r, over k < run
 *     a[rowOffsets[i] + runOffsets[r] + k · aStep] · b[(r · run + k) · bStep + j]
 *
 * Tiles of 4 rows × 8 columns stay in registers over the whole sum. If rows or columns are not
 * multiples of that, the last tiles compute some of them twice and store the same numbers again.
 *
 * @param rowOffsets in bytes, u32
 * @param runOffsets in bytes, u32
 * @param columns 4 or more
 * @param cOffsets the offset of each row in bytes, u32; 0 for rows `cRow` bytes apart
 * @param bias the number that the sums of each column start from; 0 for none
 * @param add whether the sums start from c; columns are then a multiple of 8 and cOffsets ascend
 * @param floor the least value: 0 for relu, −∞ for none
 */
export function product(
  a: usize, rowOffsets: usize, rows: i32, runOffsets: usize, runs: i32, run: i32, aStep: usize,
  b: usize, bStep: usize, columns: i32, c: usize, cOffsets: usize, cRow: usize, bias: usize, add: bool, floor: f32,
): void {
  const last = rows - 1
  const second: usize = columns < 8 ? <usize>(columns - 4) << 2 : 16
  for (let j = 0; j < columns; j += 8) {
    const column: usize = <usize>(columns < 8 ? 0 : min(j, columns - 8)) << 2
    for (let i = 0; i < rows; i += 4) {
      const i1 = min(i + 1, last), i2 = min(i + 2, last), i3 = min(i + 3, last)
      const r0 = a + offset(rowOffsets, i)
      const r1 = a + offset(rowOffsets, i1)
      const r2 = a + offset(rowOffsets, i2)
      const r3 = a + offset(rowOffsets, i3)
      const to = c + column
      const c0 = to + (cOffsets ? offset(cOffsets, i) : <usize>i * cRow)
      const c1 = to + (cOffsets ? offset(cOffsets, i1) : <usize>i1 * cRow)
      const c2 = to + (cOffsets ? offset(cOffsets, i2) : <usize>i2 * cRow)
      const c3 = to + (cOffsets ? offset(cOffsets, i3) : <usize>i3 * cRow)
      let a00 = splat(0), a01 = a00, a10 = a00, a11 = a00, a20 = a00, a21 = a00, a30 = a00, a31 = a00
      if (add) {
        a00 = load0(c0)
        a01 = load0(c0 + second)
        a10 = load0(c1)
        a11 = load0(c1 + second)
        a20 = load0(c2)
        a21 = load0(c2 + second)
        a30 = load0(c3)
        a31 = load0(c3 + second)
      } else if (bias) {
        a00 = a10 = a20 = a30 = load0(bias + column)
        a01 = a11 = a21 = a31 = load0(bias + column + second)
      }
      let p = b + column
      for (let r = 0; r < runs; r++) {
        const from = offset(runOffsets, r)
        let p0 = r0 + from, p1 = r1 + from, p2 = r2 + from, p3 = r3 + from
        // An iteration handles one k. V8 loads everything that an iteration reads before the first
        // multiplication, and would run out of registers with two.
        for (const end = p + <usize>run * bStep; p != end; p += bStep) {
          const b0 = load0(p)
          const b1 = load0(p + second)
          const x0 = loadSplat(p0)
          a00 = vmadd(x0, b0, a00)
          a01 = vmadd(x0, b1, a01)
          const x1 = loadSplat(p1)
          a10 = vmadd(x1, b0, a10)
          a11 = vmadd(x1, b1, a11)
          const x2 = loadSplat(p2)
          a20 = vmadd(x2, b0, a20)
          a21 = vmadd(x2, b1, a21)
          const x3 = loadSplat(p3)
          a30 = vmadd(x3, b0, a30)
          a31 = vmadd(x3, b1, a31)
          p0 += aStep
          p1 += aStep
          p2 += aStep
          p3 += aStep
        }
      }
      // The rows are stored in this order, because a tile with `add` also stores unchanged numbers
      // after its own columns, which a later row may have to overwrite.
      put(c0, second, a00, a01, floor)
      put(c1, second, a10, a11, floor)
      put(c2, second, a20, a21, floor)
      put(c3, second, a30, a31, floor)
    }
  }
}

// @ts-ignore: decorator
@inline
function offset(table: usize, i: i32): usize {
  return load<u32>(table + (<usize>i << 2))
}

/** Stores two vectors, limited to `floor`. pmax is one instruction, and a NaN passes through. */
// @ts-ignore: decorator
@inline
function put(at: usize, second: usize, x: v128, y: v128, floor: f32): void {
  v128.store(at, f32x4.pmax(x, splat(floor)))
  v128.store(at + second, f32x4.pmax(y, splat(floor)))
}
