/**
 * The output's gradient with channels innermost, as `convBackwardWeights` reads it.
 *
 * @param dy [block][channel][position][8]
 * @param target [tile of 8 channels][block][position][8 samples][8 channels], channels beyond the last 0
 */
export function transposeGradient(dy: usize, target: usize, blocks: i32, channels: i32, positions: i32): void {
  const plane: usize = <usize>positions << 5
  for (let o = 0; o < channels; o += 8) {
    const some = min(channels - o, 8)
    for (let b = 0; b < blocks; b++) {
      for (let c = 0; c < some; c++) {
        let from = dy + <usize>(b * channels + o + c) * plane
        let to = target + (<usize>((o >> 3) * blocks + b) * plane << 3) + (<usize>c << 2)
        const end = from + plane
        for (; from < end; from += 4) {
          store<f32>(to, load<f32>(from))
          to += 32
        }
      }
    }
  }
}

/**
 * The gradient of a convolution's weights: dw[tap, o] = ∑ over samples and positions of x at the tap × dy. Tiles of 4 taps × 8 output
 * channels stay in registers over the whole sum.
 *
 * @param x origin of the padded input, strides in bytes
 * @param dy as `transposeGradient` leaves it
 * @param dw [kernel row, kernel column, channel, output channel]
 */
export function convBackwardWeights(
  x: usize, xBlock: usize, xChannel: usize, xRow: usize, dy: usize, dw: usize,
  blocks: i32, channels: i32, outChannels: i32, outHeight: i32, outWidth: i32,
  kernelHeight: i32, kernelWidth: i32, strideHeight: i32, strideWidth: i32,
): void {
  const tile: usize = <usize>(blocks * outHeight * outWidth) << 8
  const taps = channels * kernelHeight * kernelWidth
  const area = kernelHeight * kernelWidth
  const zero = f32x4.splat(0)
  const run: usize = strideWidth == 1 ? <usize>outWidth << 8 : 256
  const runs = strideWidth == 1 ? 1 : outWidth
  const skip: usize = strideWidth == 1 ? 0 : <usize>(strideWidth - 1) << 5
  // Taps outside: what is worked out for four of them serves all tiles of output channels.
  for (let tap = 0; tap < taps; tap += 4) {
    const t1 = min(tap + 1, taps - 1), t2 = min(tap + 2, taps - 1), t3 = min(tap + 3, taps - 1)
    const o0 = offset(tap, area, kernelWidth, xChannel, xRow), w0 = place(tap, area, channels, outChannels)
    const o1 = offset(t1, area, kernelWidth, xChannel, xRow), w1 = place(t1, area, channels, outChannels)
    const o2 = offset(t2, area, kernelWidth, xChannel, xRow), w2 = place(t2, area, channels, outChannels)
    const o3 = offset(t3, area, kernelWidth, xChannel, xRow), w3 = place(t3, area, channels, outChannels)
    for (let o = 0; o < outChannels; o += 8) {
      let a00 = zero, a01 = zero, a10 = zero, a11 = zero, a20 = zero, a21 = zero, a30 = zero, a31 = zero
      let d = dy + <usize>(o >> 3) * tile
      for (let b = 0; b < blocks; b++) {
        for (let row = 0; row < outHeight; row++) {
          const line = x + <usize>b * xBlock + <usize>(row * strideHeight) * xRow
          let p0 = line + o0, p1 = line + o1, p2 = line + o2, p3 = line + o3
          for (let r = 0; r < runs; r++) {
            for (const end = d + run; d < end; d += 32) {
              const d0 = v128.load(d)
              const d1 = v128.load(d, 16)
              const x0 = v128.load32_splat(p0)
              a00 = f32x4.add(a00, f32x4.mul(d0, x0))
              a01 = f32x4.add(a01, f32x4.mul(d1, x0))
              const x1 = v128.load32_splat(p1)
              a10 = f32x4.add(a10, f32x4.mul(d0, x1))
              a11 = f32x4.add(a11, f32x4.mul(d1, x1))
              const x2 = v128.load32_splat(p2)
              a20 = f32x4.add(a20, f32x4.mul(d0, x2))
              a21 = f32x4.add(a21, f32x4.mul(d1, x2))
              const x3 = v128.load32_splat(p3)
              a30 = f32x4.add(a30, f32x4.mul(d0, x3))
              a31 = f32x4.add(a31, f32x4.mul(d1, x3))
              p0 += 4
              p1 += 4
              p2 += 4
              p3 += 4
            }
            p0 += skip
            p1 += skip
            p2 += skip
            p3 += skip
          }
        }
      }
      const left = outChannels - o
      const at = dw + (<usize>o << 2)
      // The last tiles may hold the last tap more than once; its sums are the same.
      put(at + w0, left, a00, a01)
      put(at + w1, left, a10, a11)
      put(at + w2, left, a20, a21)
      put(at + w3, left, a30, a31)
    }
  }
}

/** Bytes from a window's origin to a tap, taps counted [channel][row][column]. */
// @ts-ignore: decorator
@inline
function offset(tap: i32, area: i32, kernelWidth: i32, xChannel: usize, xRow: usize): usize {
  const within = tap % area
  return <usize>(tap / area) * xChannel + <usize>(within / kernelWidth) * xRow + (<usize>(within % kernelWidth) << 5)
}

/** Bytes from dw to a tap's row of output channels. */
// @ts-ignore: decorator
@inline
function place(tap: i32, area: i32, channels: i32, outChannels: i32): usize {
  return <usize>(((tap % area) * channels + tap / area) * outChannels) << 2
}

/** Stores as many of eight channels as there are left. */
// @ts-ignore: decorator
@inline
function put(at: usize, left: i32, low: v128, high: v128): void {
  if (left >= 8) {
    v128.store(at, low)
    v128.store(at, high, 16)
    return
  }
  store<f32>(at, f32x4.extract_lane(low, 0))
  if (left > 1) store<f32>(at, f32x4.extract_lane(low, 1), 4)
  if (left > 2) store<f32>(at, f32x4.extract_lane(low, 2), 8)
  if (left > 3) store<f32>(at, f32x4.extract_lane(low, 3), 12)
  if (left > 4) store<f32>(at, f32x4.extract_lane(high, 0), 16)
  if (left > 5) store<f32>(at, f32x4.extract_lane(high, 1), 20)
  if (left > 6) store<f32>(at, f32x4.extract_lane(high, 2), 24)
}

/**
 * The gradient of a bias: dy summed over samples and positions.
 *
 * @param dy as `transposeGradient` leaves it, with `rows` rows of 8 channels a tile
 */
export function biasGradient(dy: usize, target: usize, rows: i32, channels: i32): void {
  let d = dy
  for (let o = 0; o < channels; o += 8) {
    let low = f32x4.splat(0), high = low
    for (const end = d + (<usize>rows << 5); d < end; d += 32) {
      low = f32x4.add(low, v128.load(d))
      high = f32x4.add(high, v128.load(d, 16))
    }
    put(target + (<usize>o << 2), channels - o, low, high)
  }
}
