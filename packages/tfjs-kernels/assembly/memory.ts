import { load0, store0, vadd } from 'lanes'

/** Writes the offsets of all combinations of three indices, in their order, as u32. */
export function offsets(at: usize, count0: i32, step0: usize, count1: i32, step1: usize, count2: i32, step2: usize): void {
  let to = at
  for (let i = 0; i < count0; i++) for (let j = 0; j < count1; j++) {
    let offset = <usize>i * step0 + <usize>j * step1
    for (let k = 0; k < count2; k++) {
      store<u32>(to, offset)
      offset += step2
      to += 4
    }
  }
}

/** Fills memory with zeros. */
export function zero(at: usize, bytes: usize): void {
  memory.fill(at, 0, bytes)
}

/** Computes to += from. */
export function add(from: usize, to: usize, count: i32): void {
  const end = to + (<usize>count << 2)
  let p = from
  let q = to
  for (; q + 16 <= end; q += 16) {
    store0(q, vadd(load0(q), load0(p)))
    p += 16
  }
  for (; q < end; q += 4) {
    store<f32>(q, load<f32>(q) + load<f32>(p))
    p += 4
  }
}

/**
 * Copies rows of `count` numbers; rows are `fromRow` and `toRow` bytes apart, in images that are
 * `fromImage` and `toImage` apart.
 */
export function copyRows(
  from: usize, fromImage: usize, fromRow: usize, to: usize, toImage: usize, toRow: usize, images: i32, rows: i32, count: i32,
): void {
  const bytes = <usize>count << 2
  for (let n = 0; n < images; n++) for (let row = 0; row < rows; row++) {
    let p = from + <usize>n * fromImage + <usize>row * fromRow
    let q = to + <usize>n * toImage + <usize>row * toRow
    const end = q + bytes
    for (; q + 16 <= end; q += 16) {
      store0(q, load0(p))
      p += 16
    }
    for (; q < end; q += 4) {
      store<f32>(q, load<f32>(p))
      p += 4
    }
  }
}

/** Computes to[column, row] = from[row, column]. Rows of `to` are `toRow` bytes apart. */
export function transpose(from: usize, to: usize, rows: i32, columns: i32, toRow: usize): void {
  const fromRow = <usize>columns << 2
  for (let row = 0; row < rows; row++) {
    let p = from + <usize>row * fromRow
    let q = to + (<usize>row << 2)
    let column = 0
    // Blocks of four rows and four columns are transposed at once, and the last columns one by one.
    if (!(row & 3) && row + 4 <= rows) for (; column + 4 <= columns; column += 4) {
      const a = load0(p), b = load0(p + fromRow), c = load0(p + 2 * fromRow), d = load0(p + 3 * fromRow)
      const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5), cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5)
      const ab2 = v128.shuffle<f32>(a, b, 2, 6, 3, 7), cd2 = v128.shuffle<f32>(c, d, 2, 6, 3, 7)
      store0(q, v128.shuffle<f32>(ab, cd, 0, 1, 4, 5))
      store0(q + toRow, v128.shuffle<f32>(ab, cd, 2, 3, 6, 7))
      store0(q + 2 * toRow, v128.shuffle<f32>(ab2, cd2, 0, 1, 4, 5))
      store0(q + 3 * toRow, v128.shuffle<f32>(ab2, cd2, 2, 3, 6, 7))
      p += 16
      q += 4 * toRow
    } else if (row < (rows & ~3)) {
      column = columns & ~3
      p += <usize>column << 2
      q += <usize>column * toRow
    }
    for (; column < columns; column++) {
      store<f32>(q, load<f32>(p))
      p += 4
      q += toRow
    }
  }
}
