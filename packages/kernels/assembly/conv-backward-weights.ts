/**
 * The output's gradient with channels innermost, as `convBackwardWeights` reads it.
 *
 * @param dy [block][channel][position][8]
 * @param target [block][position][8][channels up to a multiple of 8, the rest 0]
 */
export function transposeGradient(dy: usize, target: usize, blocks: i32, channels: i32, positions: i32): void {
  const padded = (channels + 7) & ~7
  const step: usize = <usize>padded << 2
  for (let b = 0; b < blocks; b++) {
    for (let c = 0; c < channels; c++) {
      let from = dy + (<usize>((b * channels + c) * positions) << 5)
      let to = target + (<usize>(b * positions) << 3) * step + (<usize>c << 2)
      for (let p = 0; p < positions * 8; p++) {
        store<f32>(to, load<f32>(from))
        from += 4
        to += step
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
  const padded = (outChannels + 7) & ~7
  const step: usize = <usize>padded << 2
  const taps = channels * kernelHeight * kernelWidth
  const area = kernelHeight * kernelWidth
  const zero = f32x4.splat(0)
  const run = strideWidth == 1 ? outWidth * 8 : 8
  const runs = strideWidth == 1 ? 1 : outWidth
  const skip: usize = strideWidth == 1 ? 0 : <usize>(strideWidth - 1) << 5
  for (let o = 0; o < outChannels; o += 8) {
    for (let tap = 0; tap < taps; tap += 4) {
      const t1 = min(tap + 1, taps - 1), t2 = min(tap + 2, taps - 1), t3 = min(tap + 3, taps - 1)
      const o0 = offset(tap, area, kernelWidth, xChannel, xRow)
      const o1 = offset(t1, area, kernelWidth, xChannel, xRow)
      const o2 = offset(t2, area, kernelWidth, xChannel, xRow)
      const o3 = offset(t3, area, kernelWidth, xChannel, xRow)
      let a00 = zero, a01 = zero, a10 = zero, a11 = zero, a20 = zero, a21 = zero, a30 = zero, a31 = zero
      let d = dy + (<usize>o << 2)
      for (let b = 0; b < blocks; b++) {
        for (let row = 0; row < outHeight; row++) {
          let p = x + <usize>b * xBlock + <usize>(row * strideHeight) * xRow
          for (let r = 0; r < runs; r++) {
            for (let k = 0; k < run; k++) {
              const d0 = v128.load(d)
              const d1 = v128.load(d, 16)
              const x0 = v128.load32_splat(p + o0)
              a00 = f32x4.add(a00, f32x4.mul(d0, x0))
              a01 = f32x4.add(a01, f32x4.mul(d1, x0))
              const x1 = v128.load32_splat(p + o1)
              a10 = f32x4.add(a10, f32x4.mul(d0, x1))
              a11 = f32x4.add(a11, f32x4.mul(d1, x1))
              const x2 = v128.load32_splat(p + o2)
              a20 = f32x4.add(a20, f32x4.mul(d0, x2))
              a21 = f32x4.add(a21, f32x4.mul(d1, x2))
              const x3 = v128.load32_splat(p + o3)
              a30 = f32x4.add(a30, f32x4.mul(d0, x3))
              a31 = f32x4.add(a31, f32x4.mul(d1, x3))
              p += 4
              d += step
            }
            p += skip
          }
        }
      }
      const left = outChannels - o
      put(dw, tap, o, left, area, channels, outChannels, a00, a01)
      if (tap + 1 < taps) put(dw, t1, o, left, area, channels, outChannels, a10, a11)
      if (tap + 2 < taps) put(dw, t2, o, left, area, channels, outChannels, a20, a21)
      if (tap + 3 < taps) put(dw, t3, o, left, area, channels, outChannels, a30, a31)
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

function put(dw: usize, tap: i32, o: i32, left: i32, area: i32, channels: i32, outChannels: i32, low: v128, high: v128): void {
  const at = dw + (<usize>(((tap % area) * channels + tap / area) * outChannels + o) << 2)
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
 * @param dy as `transposeGradient` leaves it, `rows` of channels up to a multiple of 8
 */
export function biasGradient(dy: usize, target: usize, rows: i32, channels: i32): void {
  const step: usize = <usize>((channels + 7) & ~7) << 2
  for (let c = 0; c < channels; c++) {
    let sum: f32 = 0
    let p = dy + (<usize>c << 2)
    for (let r = 0; r < rows; r++) {
      sum += load<f32>(p)
      p += step
    }
    store<f32>(target + (<usize>c << 2), sum)
  }
}
