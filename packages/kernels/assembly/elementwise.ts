import { SHIFT, VECTOR_BYTES, Vector, high, low, splat, storeHigh, storeLow, vclamp, vdiv, vmadd, vmax, vmul, vsub, whereGreater } from 'lanes'

/**
 * tanh in place, from `x` to `end`, whole blocks. A rational approximation, x · P(x²) / Q(x²) on |x| ≤ 7.90531, beyond which float32's
 * tanh is ±1: the coefficients are those of Eigen's fast tanh. See the test for its error.
 */
export function tanhInPlace(x: usize, end: usize): void {
  // Two vectors at a time: the chains of one hide the latency of the other.
  for (let p = x; p < end; p += 2 * VECTOR_BYTES) {
    const v0 = vclamp(low(p), 7.90531110763549805), v1 = vclamp(high(p), 7.90531110763549805)
    const s0 = vmul(v0, v0), s1 = vmul(v1, v1)
    let n0 = splat(-2.76076847742355e-16), n1 = n0
    n0 = vmadd(n0, s0, splat(2.00018790482477e-13))
    n1 = vmadd(n1, s1, splat(2.00018790482477e-13))
    n0 = vmadd(n0, s0, splat(-8.60467152213735e-11))
    n1 = vmadd(n1, s1, splat(-8.60467152213735e-11))
    n0 = vmadd(n0, s0, splat(5.12229709037114e-08))
    n1 = vmadd(n1, s1, splat(5.12229709037114e-08))
    n0 = vmadd(n0, s0, splat(1.48572235717979e-05))
    n1 = vmadd(n1, s1, splat(1.48572235717979e-05))
    n0 = vmadd(n0, s0, splat(6.37261928875436e-04))
    n1 = vmadd(n1, s1, splat(6.37261928875436e-04))
    n0 = vmadd(n0, s0, splat(4.89352455891786e-03))
    n1 = vmadd(n1, s1, splat(4.89352455891786e-03))
    storeLow(p, vdiv(vmul(v0, n0), denominator(s0)))
    storeHigh(p, vdiv(vmul(v1, n1), denominator(s1)))
  }
}

// @ts-ignore: decorator
@inline
function denominator(s: Vector): Vector {
  let q = splat(1.19825839466702e-06)
  q = vmadd(q, s, splat(1.18534705686654e-04))
  q = vmadd(q, s, splat(2.26843463243900e-03))
  return vmadd(q, s, splat(4.89352518554385e-03))
}

export function reluInPlace(x: usize, end: usize): void {
  const zero = splat(0)
  for (let p = x; p < end; p += VECTOR_BYTES) storeLow(p, vmax(low(p), zero))
}

/** dy ← dy · (1 − y²), for one block: y is tanh's output in an activation with strides, dy is dense. */
export function tanhBackward(y: usize, yChannel: usize, yRow: usize, dy: usize, channels: i32, height: i32, width: i32): void {
  const one = splat(1)
  let d = dy
  for (let c = 0; c < channels; c++) for (let row = 0; row < height; row++) {
    const line = y + <usize>c * yChannel + <usize>row * yRow
    for (let p = line; p < line + (<usize>width << SHIFT); p += VECTOR_BYTES) {
      const v = low(p)
      storeLow(d, vmul(low(d), vsub(one, vmul(v, v))))
      d += VECTOR_BYTES
    }
  }
}

/** dy ← dy where y > 0, else 0; as {@link tanhBackward}. */
export function reluBackward(y: usize, yChannel: usize, yRow: usize, dy: usize, channels: i32, height: i32, width: i32): void {
  const zero = splat(0)
  let d = dy
  for (let c = 0; c < channels; c++) for (let row = 0; row < height; row++) {
    const line = y + <usize>c * yChannel + <usize>row * yRow
    for (let p = line; p < line + (<usize>width << SHIFT); p += VECTOR_BYTES) {
      storeLow(d, whereGreater(low(p), zero, low(d), zero))
      d += VECTOR_BYTES
    }
  }
}

/** y ← x · factor, for one block: x and y have the same strides in bytes, factor is dense. */
export function multiplyInto(
  x: usize, y: usize, channel: usize, row: usize, factor: usize, channels: i32, height: i32, width: i32,
): void {
  let f = factor
  for (let c = 0; c < channels; c++) for (let line = 0; line < height; line++) {
    const at = <usize>c * channel + <usize>line * row
    for (let i = at; i < at + (<usize>width << SHIFT); i += VECTOR_BYTES) {
      storeLow(y + i, vmul(low(x + i), low(f)))
      f += VECTOR_BYTES
    }
  }
}
