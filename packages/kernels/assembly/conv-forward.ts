import { storeTile } from './tile'

// Samples stand in the lanes: an activation is [block][channel][row][column][8 samples], and its strides are in bytes.

/**
 * Convolution: y = bias + x ∗ w. A tile of 4 output channels × 8 samples stays in registers over all taps.
 *
 * @param x origin of the padded input
 * @param w [tile of 4 output channels][channel][row][column][4], see `packForward`
 * @param bias [output channels], up to a multiple of 4
 * @param y origin of the output
 */
export function convForward(
  x: usize, xBlock: usize, xChannel: usize, xRow: usize, w: usize, bias: usize,
  y: usize, yBlock: usize, yChannel: usize, yRow: usize,
  blocks: i32, channels: i32, outChannels: i32, outHeight: i32, outWidth: i32,
  kernelHeight: i32, kernelWidth: i32, strideHeight: i32, strideWidth: i32,
): void {
  const tileBytes: usize = <usize>(channels * kernelHeight * kernelWidth) << 4
  const tiles = (outChannels + 3) >> 2
  const kernelRow: usize = <usize>kernelWidth << 5
  for (let b = 0; b < blocks; b++) {
    const image = x + <usize>b * xBlock
    for (let t = 0; t < tiles; t++) {
      const left = outChannels - (t << 2)
      const weights = w + <usize>t * tileBytes
      const b0 = v128.load32_splat(bias + (<usize>t << 4))
      const b1 = v128.load32_splat(bias + (<usize>t << 4), 4)
      const b2 = v128.load32_splat(bias + (<usize>t << 4), 8)
      const b3 = v128.load32_splat(bias + (<usize>t << 4), 12)
      const outTile = y + <usize>b * yBlock + (<usize>t << 2) * yChannel
      for (let row = 0; row < outHeight; row++) {
        for (let column = 0; column < outWidth; column++) {
          let a00 = b0, a01 = b0, a10 = b1, a11 = b1, a20 = b2, a21 = b2, a30 = b3, a31 = b3
          let wp = weights
          const window = image + <usize>(row * strideHeight) * xRow + (<usize>(column * strideWidth) << 5)
          for (let c = 0; c < channels; c++) {
            let line = window + <usize>c * xChannel
            for (let ky = 0; ky < kernelHeight; ky++) {
              const end = line + kernelRow
              for (let p = line; p < end; p += 32) {
                const x0 = v128.load(p)
                const x1 = v128.load(p, 16)
                const w0 = v128.load32_splat(wp)
                a00 = f32x4.add(a00, f32x4.mul(x0, w0))
                a01 = f32x4.add(a01, f32x4.mul(x1, w0))
                const w1 = v128.load32_splat(wp, 4)
                a10 = f32x4.add(a10, f32x4.mul(x0, w1))
                a11 = f32x4.add(a11, f32x4.mul(x1, w1))
                const w2 = v128.load32_splat(wp, 8)
                a20 = f32x4.add(a20, f32x4.mul(x0, w2))
                a21 = f32x4.add(a21, f32x4.mul(x1, w2))
                const w3 = v128.load32_splat(wp, 12)
                a30 = f32x4.add(a30, f32x4.mul(x0, w3))
                a31 = f32x4.add(a31, f32x4.mul(x1, w3))
                wp += 16
              }
              line += xRow
            }
          }
          const out = outTile + <usize>row * yRow + (<usize>column << 5)
          storeTile(out, yChannel, left, a00, a01, a10, a11, a20, a21, a30, a31)
        }
      }
    }
  }
}
