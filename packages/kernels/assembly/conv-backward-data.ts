import { storeTile } from './tile'

/**
 * The gradient of a convolution's input: every input position gathers the outputs that it took part in.
 *
 * @param dy [block][output channel][row][column][8], without padding
 * @param w [tile of 4 channels][kernel row][kernel column][output channel][4], see `packBackward`
 * @param dx [block][channel][row][column][8], without padding
 */
export function convBackwardData(
  dy: usize, w: usize, dx: usize,
  blocks: i32, channels: i32, height: i32, width: i32, outChannels: i32, outHeight: i32, outWidth: i32,
  kernelHeight: i32, kernelWidth: i32, strideHeight: i32, strideWidth: i32, top: i32, left: i32,
): void {
  const dyRow: usize = <usize>outWidth << 5
  const dyChannel: usize = <usize>outHeight * dyRow
  const dyBlock: usize = <usize>outChannels * dyChannel
  const dxChannel: usize = <usize>(height * width) << 5
  const dxBlock: usize = <usize>channels * dxChannel
  const tap: usize = <usize>outChannels << 4
  const tiles = (channels + 3) >> 2
  const zero = f32x4.splat(0)
  for (let b = 0; b < blocks; b++) {
    for (let t = 0; t < tiles; t++) {
      const some = channels - (t << 2)
      const weights = w + <usize>t * <usize>(kernelHeight * kernelWidth) * tap
      const tile = dx + <usize>b * dxBlock + (<usize>t << 2) * dxChannel
      for (let y = 0; y < height; y++) {
        // The kernel rows and columns that meet an output here; with a stride, some of those between meet none.
        const kyFrom = max(0, y + top - (outHeight - 1) * strideHeight), kyTo = min(kernelHeight - 1, y + top)
        for (let x = 0; x < width; x++) {
          const kxFrom = max(0, x + left - (outWidth - 1) * strideWidth), kxTo = min(kernelWidth - 1, x + left)
          let a00 = zero, a01 = zero, a10 = zero, a11 = zero, a20 = zero, a21 = zero, a30 = zero, a31 = zero
          for (let ky = kyFrom; ky <= kyTo; ky++) {
            const fromTop = y + top - ky
            const row = strideHeight == 1 ? fromTop : fromTop / strideHeight
            if (row * strideHeight != fromTop) continue
            const line = dy + <usize>b * dyBlock + <usize>row * dyRow
            for (let kx = kxFrom; kx <= kxTo; kx++) {
              const fromLeft = x + left - kx
              const column = strideWidth == 1 ? fromLeft : fromLeft / strideWidth
              if (column * strideWidth != fromLeft) continue
              let p = line + (<usize>column << 5)
              let wp = weights + <usize>(ky * kernelWidth + kx) * tap
              const end = wp + tap
              for (; wp < end; wp += 16) {
                const d0 = v128.load(p)
                const d1 = v128.load(p, 16)
                const w0 = v128.load32_splat(wp)
                a00 = f32x4.add(a00, f32x4.mul(d0, w0))
                a01 = f32x4.add(a01, f32x4.mul(d1, w0))
                const w1 = v128.load32_splat(wp, 4)
                a10 = f32x4.add(a10, f32x4.mul(d0, w1))
                a11 = f32x4.add(a11, f32x4.mul(d1, w1))
                const w2 = v128.load32_splat(wp, 8)
                a20 = f32x4.add(a20, f32x4.mul(d0, w2))
                a21 = f32x4.add(a21, f32x4.mul(d1, w2))
                const w3 = v128.load32_splat(wp, 12)
                a30 = f32x4.add(a30, f32x4.mul(d0, w3))
                a31 = f32x4.add(a31, f32x4.mul(d1, w3))
                p += dyChannel
              }
            }
          }
          const out = tile + (<usize>(y * width + x) << 5)
          storeTile(out, dxChannel, some, a00, a01, a10, a11, a20, a21, a30, a31)
        }
      }
    }
  }
}
