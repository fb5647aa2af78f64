import { tileOf } from '../convolution/forward'
import { PLANE, POINTS_PER_SIDE } from './forward'
import { BLOCK_BYTES, VECTOR_BYTES, Vector, load1, load0, splat, store0, vadd, vmadd } from 'lanes'

/**
 * Adds to `sums`, for each point and lane, the products of the input's points and the gradient's
 * over the tiles. With `write` it replaces the sums instead.
 */
export function addProducts(
  x: usize,
  dy: usize,
  tileCount: i32,
  sums: usize,
  channels: i32,
  outChannels: i32,
  write: bool,
): void {
  const sumRow: usize = <usize>((outChannels + 3) & ~3) * VECTOR_BYTES
  const xTile = <usize>channels * PLANE,
    dyTile = <usize>outChannels * PLANE
  let to = sums,
    xs = x,
    ys = dy
  for (let point = 0; point < POINTS_PER_SIDE * POINTS_PER_SIDE; point++) {
    for (let c = 0; c < channels; c += 2) {
      const two = c + 1 < channels
      for (let o = 0; o < outChannels;) {
        const left = outChannels - o
        const many = tileOf(left)
        const p = xs + <usize>c * PLANE,
          q = ys + <usize>o * PLANE,
          at = to + <usize>o * VECTOR_BYTES
        if (many == 4) {
          if (two) sumTile(4, left, true, p, xTile, q, dyTile, tileCount, at, sumRow, write)
          else sumTile(4, left, false, p, xTile, q, dyTile, tileCount, at, sumRow, write)
        } else if (two) sumTile(3, left, true, p, xTile, q, dyTile, tileCount, at, sumRow, write)
        else sumTile(3, left, false, p, xTile, q, dyTile, tileCount, at, sumRow, write)
        o += many
      }
      to += two ? 2 * sumRow : sumRow
    }
    xs += BLOCK_BYTES
    ys += BLOCK_BYTES
  }
}

/**
 * Sums 4 or 3 output channels × 2 channels, or × 1 channel whose two halves are summed separately.
 */
// @ts-ignore: decorator
@inline
function sumTile(
  many: i32,
  left: i32,
  two: bool,
  x: usize,
  xTile: usize,
  dy: usize,
  dyTile: usize,
  tileCount: i32,
  to: usize,
  sumRow: usize,
  write: bool,
): void {
  const zero = splat(0)
  let a0 = zero,
    a1 = zero,
    a2 = zero,
    a3 = zero,
    b0 = zero,
    b1 = zero,
    b2 = zero,
    b3 = zero
  let p = x,
    q = dy
  for (const end = x + <usize>tileCount * xTile; p < end;) {
    const x0 = load0(p)
    const y0 = load0(q),
      y1 = load0(q + PLANE),
      y2 = load0(q + 2 * PLANE)
    a0 = vmadd(x0, y0, a0)
    a1 = vmadd(x0, y1, a1)
    a2 = vmadd(x0, y2, a2)
    if (many > 3) a3 = vmadd(x0, load0(q + 3 * PLANE), a3)
    if (two) {
      const x1 = load0(p + PLANE)
      b0 = vmadd(x1, y0, b0)
      b1 = vmadd(x1, y1, b1)
      b2 = vmadd(x1, y2, b2)
      if (many > 3) b3 = vmadd(x1, load0(q + 3 * PLANE), b3)
    }
    // This never happens. It separates the two halves: V8 would load everything before the first
    // multiplication and run out of registers.
    if (p == end) break
    const x2 = load1(p)
    const z0 = load1(q),
      z1 = load1(q + PLANE),
      z2 = load1(q + 2 * PLANE)
    if (two) {
      a0 = vmadd(x2, z0, a0)
      a1 = vmadd(x2, z1, a1)
      a2 = vmadd(x2, z2, a2)
      if (many > 3) a3 = vmadd(x2, load1(q + 3 * PLANE), a3)
      const x3 = load1(p + PLANE)
      b0 = vmadd(x3, z0, b0)
      b1 = vmadd(x3, z1, b1)
      b2 = vmadd(x3, z2, b2)
      if (many > 3) b3 = vmadd(x3, load1(q + 3 * PLANE), b3)
    } else {
      b0 = vmadd(x2, z0, b0)
      b1 = vmadd(x2, z1, b1)
      b2 = vmadd(x2, z2, b2)
      if (many > 3) b3 = vmadd(x2, load1(q + 3 * PLANE), b3)
    }
    p += xTile
    q += dyTile
  }
  if (two) {
    storeSums(to, left, many, a0, a1, a2, a3, write)
    storeSums(to + sumRow, left, many, b0, b1, b2, b3, write)
  } else storeSums(to, left, many, vadd(a0, b0), vadd(a1, b1), vadd(a2, b2), vadd(a3, b3), write)
}

// @ts-ignore: decorator

@inline
function storeSums(
  to: usize,
  left: i32,
  many: i32,
  s0: Vector,
  s1: Vector,
  s2: Vector,
  s3: Vector,
  write: bool,
): void {
  storeSum(to, s0, write)
  if (left > 1) storeSum(to + VECTOR_BYTES, s1, write)
  if (left > 2) storeSum(to + 2 * VECTOR_BYTES, s2, write)
  if (many > 3 && left > 3) storeSum(to + 3 * VECTOR_BYTES, s3, write)
}

// @ts-ignore: decorator

@inline
function storeSum(to: usize, sum: Vector, write: bool): void {
  store0(to, write ? sum : vadd(load0(to), sum))
}
