import { rowBytes } from './forward'
import { SHIFT, VECTOR_BYTES, load1, load0, splat, vadd, vmadd, vsum } from 'lanes'
import { Optimizer, updateNumber } from '../sgd'

/**
 * Sums the gradient of a convolution's weights for output channels `from` to `to`, and makes their
 * SGD step. dw[tap, o] is the sum over samples and positions of x at the tap × dy. Tiles of 4 taps
 * × 2 output channels stay in registers over the whole sum, with a sum for each lane.
 *
 * @param x the origin of the padded input
 * @param dy [block][output channel][row][column][sample], without padding
 */
export function convUpdate(
  x: usize,
  xBlock: usize,
  xChannel: usize,
  xRow: usize,
  dy: usize,
  w: usize,
  v: usize,
  optimizer: Optimizer,
  blocks: i32,
  channels: i32,
  outChannels: i32,
  outHeight: i32,
  outWidth: i32,
  kernelHeight: i32,
  kernelWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  from: i32,
  to: i32,
): void {
  const area = kernelHeight * kernelWidth
  const taps = channels * area
  const weightRow = rowBytes(outChannels)
  const dyChannel: usize = (<usize>(outHeight * outWidth)) << SHIFT
  const dyBlock: usize = <usize>outChannels * dyChannel
  // Without a stride, a row of outputs reads a run of inputs.
  const run: usize = strideWidth == 1 ? (<usize>outWidth) << SHIFT : 2 * VECTOR_BYTES
  const runs = strideWidth == 1 ? 1 : outWidth
  const skip: usize = strideWidth == 1 ? 0 : (<usize>(strideWidth - 1)) << SHIFT
  const zero = splat(0)
  for (let o = from; o < to; o += 2) {
    const next: usize = o + 1 < to ? dyChannel : 0
    for (let tap = 0; tap < taps; tap += 4) {
      const o0 = offset(tap, area, kernelWidth, xChannel, xRow)
      const o1 = offset(min(tap + 1, taps - 1), area, kernelWidth, xChannel, xRow)
      const o2 = offset(min(tap + 2, taps - 1), area, kernelWidth, xChannel, xRow)
      const o3 = offset(min(tap + 3, taps - 1), area, kernelWidth, xChannel, xRow)
      let a00 = zero,
        a01 = zero,
        a10 = zero,
        a11 = zero,
        a20 = zero,
        a21 = zero,
        a30 = zero,
        a31 = zero
      for (let b = 0; b < blocks; b++) {
        let d = dy + <usize>b * dyBlock + <usize>o * dyChannel
        for (let row = 0; row < outHeight; row++) {
          const line = x + <usize>b * xBlock + <usize>(row * strideHeight) * xRow
          let p0 = line + o0,
            p1 = line + o1,
            p2 = line + o2,
            p3 = line + o3
          for (let r = 0; r < runs; r++) {
            for (const end = d + run; ;) {
              const d0 = load0(d)
              const d1 = load0(d + next)
              const x0 = load0(p0)
              a00 = vmadd(x0, d0, a00)
              a01 = vmadd(x0, d1, a01)
              const x1 = load0(p1)
              a10 = vmadd(x1, d0, a10)
              a11 = vmadd(x1, d1, a11)
              const x2 = load0(p2)
              a20 = vmadd(x2, d0, a20)
              a21 = vmadd(x2, d1, a21)
              const x3 = load0(p3)
              a30 = vmadd(x3, d0, a30)
              a31 = vmadd(x3, d1, a31)
              // This never happens. It separates the two halves: V8 would load everything before
              // the first multiplication and run out of registers.
              if (d == end) break
              const e0 = load1(d)
              const e1 = load1(d + next)
              const y0 = load1(p0)
              a00 = vmadd(y0, e0, a00)
              a01 = vmadd(y0, e1, a01)
              const y1 = load1(p1)
              a10 = vmadd(y1, e0, a10)
              a11 = vmadd(y1, e1, a11)
              const y2 = load1(p2)
              a20 = vmadd(y2, e0, a20)
              a21 = vmadd(y2, e1, a21)
              const y3 = load1(p3)
              a30 = vmadd(y3, e0, a30)
              a31 = vmadd(y3, e1, a31)
              p0 += 2 * VECTOR_BYTES
              p1 += 2 * VECTOR_BYTES
              p2 += 2 * VECTOR_BYTES
              p3 += 2 * VECTOR_BYTES
              d += 2 * VECTOR_BYTES
              if (d == end) break
            }
            p0 += skip
            p1 += skip
            p2 += skip
            p3 += skip
          }
        }
      }
      let at: usize = <usize>tap * weightRow + ((<usize>o) << 2)
      const left = taps - tap
      const both = next != 0
      put(w, v, at, both, vsum(a00), vsum(a01), optimizer)
      if (left > 1) put(w, v, (at += weightRow), both, vsum(a10), vsum(a11), optimizer)
      if (left > 2) put(w, v, (at += weightRow), both, vsum(a20), vsum(a21), optimizer)
      if (left > 3) put(w, v, (at += weightRow), both, vsum(a30), vsum(a31), optimizer)
    }
  }
}

/** Returns the bytes from a window's origin to a tap. Taps are counted [channel][row][column]. */
// @ts-ignore: decorator
@inline
function offset(tap: i32, area: i32, kernelWidth: i32, xChannel: usize, xRow: usize): usize {
  const within = tap % area
  return (
    <usize>(tap / area) * xChannel +
    <usize>(within / kernelWidth) * xRow +
    ((<usize>(within % kernelWidth)) << SHIFT)
  )
}

// @ts-ignore: decorator

@inline
function put(
  w: usize,
  v: usize,
  at: usize,
  both: bool,
  first: f32,
  second: f32,
  optimizer: Optimizer,
): void {
  updateNumber(w + at, v + at, first, optimizer)
  if (both) updateNumber(w + at + 4, v + at + 4, second, optimizer)
}

/**
 * Sums the gradient of a bias over samples and positions, and makes its SGD step.
 *
 * @param dy [block][channel][position][sample]
 */
export function biasUpdate(
  dy: usize,
  w: usize,
  v: usize,
  optimizer: Optimizer,
  blocks: i32,
  channels: i32,
  positions: i32,
): void {
  const plane: usize = (<usize>positions) << SHIFT
  for (let c = 0; c < channels; c++) {
    let s0 = splat(0),
      s1 = s0
    for (let b = 0; b < blocks; b++) {
      const from = dy + <usize>(b * channels + c) * plane
      for (let d = from; d < from + plane; d += 2 * VECTOR_BYTES) {
        s0 = vadd(s0, load0(d))
        s1 = vadd(s1, load1(d))
      }
    }
    const at = (<usize>c) << 2
    updateNumber(w + at, v + at, vsum(vadd(s0, s1)), optimizer)
  }
}
