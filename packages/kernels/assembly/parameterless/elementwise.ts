import {
  SHIFT,
  VECTOR_BYTES,
  Vector,
  load0,
  splat,
  loadSplat,
  store0,
  vadd,
  vclamp,
  vdiv,
  vlarger,
  vmadd,
  vmul,
  vsub,
  whereGreater,
} from 'lanes'

/**
 * The constants of tanh from Eigen's fast tanh: the limit, then the coefficients of P and of Q from
 * the highest power down. They are in memory because V8 loads a vector in one instruction, but
 * needs three to create a constant vector, in every iteration of a loop.
 */
const TANH = memory.data<f32>([
  7.90531110763549805, -2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11,
  5.12229709037114e-8, 1.48572235717979e-5, 6.37261928875436e-4, 4.89352455891786e-3,
  1.19825839466702e-6, 1.18534705686654e-4, 2.268434632439e-3, 4.89352518554385e-3,
])

/**
 * Computes tanh in place over `bytes` of whole blocks. It is a rational approximation, x · P(x²) /
 * Q(x²) on |x| ≤ 7.90531, beyond which float32's tanh is ±1. The test states its error.
 */
export function tanhInPlace(x: usize, bytes: usize): void {
  for (let p = x, end = x + bytes; p < end; p += 2 * VECTOR_BYTES) tanhOfTwo(p, p + VECTOR_BYTES)
}

/**
 * Computes tanh in place of two vectors. The dependency chains of one hide the latency
 * of the other.
 *
 * @returns their sum
 */
// @ts-ignore: decorator
@inline
export function tanhOfTwo(first: usize, second: usize): Vector {
  const limit = load<f32>(TANH)
  const v0 = vclamp(load0(first), limit),
    v1 = vclamp(load0(second), limit)
  const s0 = vmul(v0, v0),
    s1 = vmul(v1, v1)
  let n0 = loadSplat(TANH + 4),
    n1 = n0
  const p2 = loadSplat(TANH + 8)
  n0 = vmadd(n0, s0, p2)
  n1 = vmadd(n1, s1, p2)
  const p3 = loadSplat(TANH + 12)
  n0 = vmadd(n0, s0, p3)
  n1 = vmadd(n1, s1, p3)
  const p4 = loadSplat(TANH + 16)
  n0 = vmadd(n0, s0, p4)
  n1 = vmadd(n1, s1, p4)
  const p5 = loadSplat(TANH + 20)
  n0 = vmadd(n0, s0, p5)
  n1 = vmadd(n1, s1, p5)
  const p6 = loadSplat(TANH + 24)
  n0 = vmadd(n0, s0, p6)
  n1 = vmadd(n1, s1, p6)
  const p7 = loadSplat(TANH + 28)
  n0 = vmadd(n0, s0, p7)
  n1 = vmadd(n1, s1, p7)
  let d0 = loadSplat(TANH + 32),
    d1 = d0
  const q1 = loadSplat(TANH + 36)
  d0 = vmadd(d0, s0, q1)
  d1 = vmadd(d1, s1, q1)
  const q2 = loadSplat(TANH + 40)
  d0 = vmadd(d0, s0, q2)
  d1 = vmadd(d1, s1, q2)
  const q3 = loadSplat(TANH + 44)
  d0 = vmadd(d0, s0, q3)
  d1 = vmadd(d1, s1, q3)
  const t0 = vdiv(vmul(v0, n0), d0),
    t1 = vdiv(vmul(v1, n1), d1)
  store0(first, t0)
  store0(second, t1)
  return vadd(t0, t1)
}

/** Computes relu in place over `bytes` of whole blocks. */
export function reluInPlace(x: usize, bytes: usize): void {
  const zero = splat(0)
  for (let p = x, end = x + bytes; p < end; p += VECTOR_BYTES) store0(p, vlarger(load0(p), zero))
}

/** Copies `bytes` of x to y. */
export function copy(x: usize, y: usize, bytes: usize): void {
  memory.copy(y, x, bytes)
}

/**
 * Computes dy ← dy · (1 − y²) for one block. y is tanh's output in an activation with strides; dy
 * is dense.
 */
export function tanhBackward(
  y: usize,
  yChannel: usize,
  yRow: usize,
  dy: usize,
  channels: i32,
  height: i32,
  width: i32,
): void {
  const one = splat(1)
  let d = dy
  for (let c = 0; c < channels; c++)
    for (let row = 0; row < height; row++) {
      const line = y + <usize>c * yChannel + <usize>row * yRow
      for (let p = line; p < line + ((<usize>width) << SHIFT); p += VECTOR_BYTES) {
        const v = load0(p)
        store0(d, vmul(load0(d), vsub(one, vmul(v, v))))
        d += VECTOR_BYTES
      }
    }
}

/** Computes dy ← dy if y > 0, else 0, with the same layout as {@link tanhBackward}. */
export function reluBackward(
  y: usize,
  yChannel: usize,
  yRow: usize,
  dy: usize,
  channels: i32,
  height: i32,
  width: i32,
): void {
  const zero = splat(0)
  let d = dy
  for (let c = 0; c < channels; c++)
    for (let row = 0; row < height; row++) {
      const line = y + <usize>c * yChannel + <usize>row * yRow
      for (let p = line; p < line + ((<usize>width) << SHIFT); p += VECTOR_BYTES) {
        store0(d, whereGreater(load0(p), zero, load0(d), zero))
        d += VECTOR_BYTES
      }
    }
}

/**
 * Computes y ← x · factor for one block. x and y have the same strides in bytes; factor is dense.
 */
export function multiplyInto(
  x: usize,
  y: usize,
  channel: usize,
  row: usize,
  factor: usize,
  channels: i32,
  height: i32,
  width: i32,
): void {
  let f = factor
  for (let c = 0; c < channels; c++)
    for (let line = 0; line < height; line++) {
      const at = <usize>c * channel + <usize>line * row
      for (let i = at; i < at + ((<usize>width) << SHIFT); i += VECTOR_BYTES) {
        store0(y + i, vmul(load0(x + i), load0(f)))
        f += VECTOR_BYTES
      }
    }
}
