import { high, low, SHIFT, splat, storeHigh, storeLow, vadd, Vector, VECTOR_BYTES, vmadd, vsum } from 'lanes'
import { Optimizer, updateNumber } from './sgd'

/** As much of input and gradient as stays in the nearest cache while all taps go over it. */
const CHUNK_BYTES: usize = 20_000

/**
 * The gradient of a convolution's weights, and their SGD step, for output channels `from` to `to`: dw[tap, o] = ∑ over samples and
 * positions of x at the tap × dy. Tiles of 4 taps × 2 output channels stay in registers over a chunk of rows, a sum for each lane.
 *
 * @param x origin of the padded input
 * @param dy [block][output channel][row][column][sample], without padding
 * @param sums [output channel][tap, up to a multiple of 4] vectors, for what is summed so far
 */
export function convUpdate(
  x: usize, xBlock: usize, xChannel: usize, xRow: usize, dy: usize, w: usize, v: usize, sums: usize, optimizer: Optimizer,
  blocks: i32, channels: i32, outChannels: i32, outHeight: i32, outWidth: i32,
  kernelHeight: i32, kernelWidth: i32, strideHeight: i32, strideWidth: i32, from: i32, to: i32,
): void {
  const taps = channels * kernelHeight * kernelWidth
  const dyRow: usize = <usize>outWidth << SHIFT
  const dyChannel: usize = <usize>outHeight * dyRow
  const weightRow: usize = <usize>((outChannels + 3) & ~3) << 2
  const rows = max(1, <i32>(CHUNK_BYTES / (2 * dyRow + <usize>strideHeight * xRow)))
  const sumsOfChannel: usize = <usize>((taps + 3) & ~3) * VECTOR_BYTES
  for (let o = from; o < to; o += 2) {
    const pair = sums + <usize>o * sumsOfChannel
    const next: usize = o + 1 < to ? dyChannel : 0
    for (let b = 0; b < blocks; b++) for (let row = 0; row < outHeight; row += rows) {
      const d = dy + <usize>(b * outChannels + o) * dyChannel + <usize>row * dyRow
      const line = x + <usize>b * xBlock + <usize>(row * strideHeight) * xRow
      chunk(line, xChannel, xRow, d, next, pair, b == 0 && row == 0, taps, min(rows, outHeight - row), outWidth,
        kernelHeight, kernelWidth, strideHeight, strideWidth)
    }
    let at: usize = <usize>o << 2
    for (let p = pair; p < pair + 2 * <usize>taps * VECTOR_BYTES; p += 2 * VECTOR_BYTES) {
      updateNumber(w + at, v + at, vsum(low(p)), optimizer)
      if (next != 0) updateNumber(w + at + 4, v + at + 4, vsum(high(p)), optimizer)
      at += weightRow
    }
  }
}

/** Adds to a pair of channels' sums, [tap][2] vectors, what some rows of one block make of them. */
function chunk(
  x: usize, xChannel: usize, xRow: usize, dy: usize, next: usize, sums: usize, begins: bool,
  taps: i32, rows: i32, outWidth: i32, kernelHeight: i32, kernelWidth: i32, strideHeight: i32, strideWidth: i32,
): void {
  const area = kernelHeight * kernelWidth
  // Without a stride a row of outputs reads a run of inputs.
  const run: usize = strideWidth == 1 ? <usize>outWidth << SHIFT : 2 * VECTOR_BYTES
  const runs = strideWidth == 1 ? 1 : outWidth
  const skip: usize = strideWidth == 1 ? 0 : <usize>(strideWidth - 1) << SHIFT
  const zero = splat(0)
  let sum = sums
  for (let tap = 0; tap < taps; tap += 4) {
    // Taps beyond the last are its copies, and nobody reads their sums.
    const o0 = offset(tap, area, kernelWidth, xChannel, xRow)
    const o1 = offset(min(tap + 1, taps - 1), area, kernelWidth, xChannel, xRow)
    const o2 = offset(min(tap + 2, taps - 1), area, kernelWidth, xChannel, xRow)
    const o3 = offset(min(tap + 3, taps - 1), area, kernelWidth, xChannel, xRow)
    let a00 = zero, a01 = zero, a10 = zero, a11 = zero, a20 = zero, a21 = zero, a30 = zero, a31 = zero
    let d = dy
    for (let row = 0; row < rows; row++) {
      const line = x + <usize>(row * strideHeight) * xRow
      let p0 = line + o0, p1 = line + o1, p2 = line + o2, p3 = line + o3
      for (let r = 0; r < runs; r++) {
        for (const end = d + run; d < end; d += VECTOR_BYTES) {
          const d0 = low(d)
          const d1 = low(d + next)
          const x0 = low(p0)
          a00 = vmadd(x0, d0, a00)
          a01 = vmadd(x0, d1, a01)
          const x1 = low(p1)
          a10 = vmadd(x1, d0, a10)
          a11 = vmadd(x1, d1, a11)
          const x2 = low(p2)
          a20 = vmadd(x2, d0, a20)
          a21 = vmadd(x2, d1, a21)
          const x3 = low(p3)
          a30 = vmadd(x3, d0, a30)
          a31 = vmadd(x3, d1, a31)
          p0 += VECTOR_BYTES
          p1 += VECTOR_BYTES
          p2 += VECTOR_BYTES
          p3 += VECTOR_BYTES
        }
        p0 += skip
        p1 += skip
        p2 += skip
        p3 += skip
      }
    }
    addPair(sum, begins, a00, a01)
    addPair(sum + 2 * VECTOR_BYTES, begins, a10, a11)
    addPair(sum + 4 * VECTOR_BYTES, begins, a20, a21)
    addPair(sum + 6 * VECTOR_BYTES, begins, a30, a31)
    sum += 8 * VECTOR_BYTES
  }
}

// @ts-ignore: decorator
@inline
function addPair(at: usize, begins: bool, first: Vector, second: Vector): void {
  storeLow(at, begins ? first : vadd(low(at), first))
  storeHigh(at, begins ? second : vadd(high(at), second))
}

/** Bytes from a window's origin to a tap, taps counted [channel][row][column]. */
// @ts-ignore: decorator
@inline
function offset(tap: i32, area: i32, kernelWidth: i32, xChannel: usize, xRow: usize): usize {
  const within = tap % area
  return <usize>(tap / area) * xChannel + <usize>(within / kernelWidth) * xRow + (<usize>(within % kernelWidth) << SHIFT)
}

/**
 * The gradient of a bias and its SGD step: dy summed over samples and positions.
 *
 * @param dy [block][channel][position][sample]
 */
export function biasUpdate(dy: usize, w: usize, v: usize, optimizer: Optimizer, blocks: i32, channels: i32, positions: i32): void {
  const plane: usize = <usize>positions << SHIFT
  for (let c = 0; c < channels; c++) {
    let s0 = splat(0), s1 = s0
    for (let b = 0; b < blocks; b++) {
      const from = dy + <usize>(b * channels + c) * plane
      for (let d = from; d < from + plane; d += 2 * VECTOR_BYTES) {
        s0 = vadd(s0, low(d))
        s1 = vadd(s1, high(d))
      }
    }
    const at = <usize>c << 2
    updateNumber(w + at, v + at, vsum(vadd(s0, s1)), optimizer)
  }
}
