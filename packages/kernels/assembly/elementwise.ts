/**
 * tanh of `count` numbers, a multiple of 4. A rational approximation, x · P(x²) / Q(x²) on |x| ≤ 7.90531, beyond which
 * float32's tanh is ±1: the coefficients are those of Eigen's fast tanh. See the test for its error.
 */
export function tanhInPlace(x: usize, count: i32): void {
  const end = x + (<usize>count << 2)
  let p = x
  // Two at a time: the chains of one hide the latency of the other.
  for (; p + 32 <= end; p += 32) {
    const v0 = clamp(v128.load(p)), v1 = clamp(v128.load(p, 16))
    const s0 = f32x4.mul(v0, v0), s1 = f32x4.mul(v1, v1)
    let n0 = f32x4.splat(-2.76076847742355e-16), n1 = n0
    n0 = horner(n0, s0, 2.00018790482477e-13)
    n1 = horner(n1, s1, 2.00018790482477e-13)
    n0 = horner(n0, s0, -8.60467152213735e-11)
    n1 = horner(n1, s1, -8.60467152213735e-11)
    n0 = horner(n0, s0, 5.12229709037114e-08)
    n1 = horner(n1, s1, 5.12229709037114e-08)
    n0 = horner(n0, s0, 1.48572235717979e-05)
    n1 = horner(n1, s1, 1.48572235717979e-05)
    n0 = horner(n0, s0, 6.37261928875436e-04)
    n1 = horner(n1, s1, 6.37261928875436e-04)
    n0 = horner(n0, s0, 4.89352455891786e-03)
    n1 = horner(n1, s1, 4.89352455891786e-03)
    v128.store(p, f32x4.div(f32x4.mul(v0, n0), denominator(s0)))
    v128.store(p, f32x4.div(f32x4.mul(v1, n1), denominator(s1)), 16)
  }
  for (; p < end; p += 16) {
    const v = clamp(v128.load(p))
    const s = f32x4.mul(v, v)
    let n = f32x4.splat(-2.76076847742355e-16)
    n = horner(n, s, 2.00018790482477e-13)
    n = horner(n, s, -8.60467152213735e-11)
    n = horner(n, s, 5.12229709037114e-08)
    n = horner(n, s, 1.48572235717979e-05)
    n = horner(n, s, 6.37261928875436e-04)
    n = horner(n, s, 4.89352455891786e-03)
    v128.store(p, f32x4.div(f32x4.mul(v, n), denominator(s)))
  }
}

// @ts-ignore: decorator
@inline
function clamp(x: v128): v128 {
  // One instruction each where wasm's min and max take several; in this order a NaN passes through.
  return f32x4.pmax(f32x4.pmin(x, f32x4.splat(7.90531110763549805)), f32x4.splat(-7.90531110763549805))
}

// @ts-ignore: decorator
@inline
function horner(sum: v128, x: v128, next: f32): v128 {
  return f32x4.add(f32x4.mul(sum, x), f32x4.splat(next))
}

// @ts-ignore: decorator
@inline
function denominator(s: v128): v128 {
  let q = f32x4.splat(1.19825839466702e-06)
  q = horner(q, s, 1.18534705686654e-04)
  q = horner(q, s, 2.26843463243900e-03)
  return horner(q, s, 4.89352518554385e-03)
}

export function reluInPlace(x: usize, count: i32): void {
  const end = x + (<usize>count << 2)
  const zero = f32x4.splat(0)
  for (let p = x; p < end; p += 16) v128.store(p, f32x4.max(v128.load(p), zero))
}

/** dy ← dy · (1 − y²), where y is tanh's output in an activation with strides and dy is dense. */
export function tanhBackward(
  y: usize, yBlock: usize, yChannel: usize, yRow: usize, dy: usize, blocks: i32, channels: i32, height: i32, width: i32,
): void {
  const one = f32x4.splat(1)
  let d = dy
  for (let b = 0; b < blocks; b++) for (let c = 0; c < channels; c++) for (let row = 0; row < height; row++) {
    let p = y + <usize>b * yBlock + <usize>c * yChannel + <usize>row * yRow
    const end = p + (<usize>width << 5)
    for (; p < end; p += 16) {
      const v = v128.load(p)
      v128.store(d, f32x4.mul(v128.load(d), f32x4.sub(one, f32x4.mul(v, v))))
      d += 16
    }
  }
}

/** dy ← dy where y > 0, else 0; as {@link tanhBackward}. */
export function reluBackward(
  y: usize, yBlock: usize, yChannel: usize, yRow: usize, dy: usize, blocks: i32, channels: i32, height: i32, width: i32,
): void {
  const zero = f32x4.splat(0)
  let d = dy
  for (let b = 0; b < blocks; b++) for (let c = 0; c < channels; c++) for (let row = 0; row < height; row++) {
    let p = y + <usize>b * yBlock + <usize>c * yChannel + <usize>row * yRow
    const end = p + (<usize>width << 5)
    for (; p < end; p += 16) {
      v128.store(d, v128.and(v128.load(d), f32x4.gt(v128.load(p), zero)))
      d += 16
    }
  }
}

/** y ← x · factor, where x and y have the same strides in bytes and factor is dense. */
export function multiplyInto(
  x: usize, y: usize, block: usize, channel: usize, row: usize, factor: usize, blocks: i32, channels: i32, height: i32, width: i32,
): void {
  let f = factor
  for (let b = 0; b < blocks; b++) for (let c = 0; c < channels; c++) for (let line = 0; line < height; line++) {
    const at = <usize>b * block + <usize>c * channel + <usize>line * row
    for (let i: usize = 0; i < <usize>width << 5; i += 16) {
      v128.store(y + at + i, f32x4.mul(v128.load(x + at + i), v128.load(f)))
      f += 16
    }
  }
}
