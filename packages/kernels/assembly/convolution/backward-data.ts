import { rowBytes, storeTile, tileOf } from './forward'
import { BLOCK_BYTES, SHIFT, load1, load0, splat, loadSplat, vmadd } from 'lanes'

/**
 * Computes the gradient of a convolution's input for one block of samples. Every input position
 * collects the gradients of the outputs that read it.
 *
 * @param dy [output channel][row][column][sample], without padding
 * @param dx [channel][row][column][sample], without padding
 */
export function convBackwardData(
  dy: usize,
  w: usize,
  dx: usize,
  channels: i32,
  height: i32,
  width: i32,
  outChannels: i32,
  outHeight: i32,
  outWidth: i32,
  kernelHeight: i32,
  kernelWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  top: i32,
  left: i32,
): void {
  const weightRow = rowBytes(outChannels)
  const weightChannel: usize = <usize>(kernelHeight * kernelWidth) * weightRow
  const dxChannel: usize = (<usize>(height * width)) << SHIFT
  for (let c = 0; c < channels;) {
    const some = channels - c
    const tile = tileOf(some)
    const weights = w + <usize>c * weightChannel
    const to = dx + <usize>c * dxChannel
    if (tile == 4) {
      backwardTile(
        4,
        some,
        dy,
        weights,
        weightRow,
        weightChannel,
        to,
        dxChannel,
        height,
        width,
        outChannels,
        outHeight,
        outWidth,
        kernelHeight,
        kernelWidth,
        strideHeight,
        strideWidth,
        top,
        left,
      )
    } else {
      backwardTile(
        3,
        some,
        dy,
        weights,
        weightRow,
        weightChannel,
        to,
        dxChannel,
        height,
        width,
        outChannels,
        outHeight,
        outWidth,
        kernelHeight,
        kernelWidth,
        strideHeight,
        strideWidth,
        top,
        left,
      )
    }
    c += tile
  }
}

// @ts-ignore: decorator

@inline
function backwardTile(
  tile: i32,
  some: i32,
  dy: usize,
  weights: usize,
  weightRow: usize,
  weightChannel: usize,
  out: usize,
  dxChannel: usize,
  height: i32,
  width: i32,
  outChannels: i32,
  outHeight: i32,
  outWidth: i32,
  kernelHeight: i32,
  kernelWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  top: i32,
  left: i32,
): void {
  const dyRow: usize = (<usize>outWidth) << SHIFT
  const dyChannel: usize = <usize>outHeight * dyRow
  const tap: usize = (<usize>outChannels) << 2
  for (let y = 0; y < height; y++) {
    // These kernel rows and columns reach an output from here. With a stride, some rows and columns
    // between them reach none.
    const kyFrom = max(0, y + top - (outHeight - 1) * strideHeight),
      kyTo = min(kernelHeight - 1, y + top)
    for (let x = 0; x < width; x++) {
      const kxFrom = max(0, x + left - (outWidth - 1) * strideWidth),
        kxTo = min(kernelWidth - 1, x + left)
      const zero = splat(0)
      let a00 = zero,
        a01 = zero,
        a10 = zero,
        a11 = zero,
        a20 = zero,
        a21 = zero,
        a30 = zero,
        a31 = zero
      for (let ky = kyFrom; ky <= kyTo; ky++) {
        const fromTop = y + top - ky
        const row = strideHeight == 1 ? fromTop : fromTop / strideHeight
        if (row * strideHeight != fromTop) continue
        const line = dy + <usize>row * dyRow
        for (let kx = kxFrom; kx <= kxTo; kx++) {
          const fromLeft = x + left - kx
          const column = strideWidth == 1 ? fromLeft : fromLeft / strideWidth
          if (column * strideWidth != fromLeft) continue
          let p = line + ((<usize>column) << SHIFT)
          let w0 = weights + <usize>(ky * kernelWidth + kx) * weightRow
          // A tile may read rows of channels that do not exist and discards their sums. The memory
          // after the last channel can be read.
          let w1 = w0 + weightChannel,
            w2 = w1 + weightChannel,
            w3 = w2 + weightChannel
          for (const end = w0 + tap; w0 < end; w0 += 4) {
            const d0 = load0(p)
            const d1 = load1(p)
            const s0 = loadSplat(w0)
            a00 = vmadd(d0, s0, a00)
            a01 = vmadd(d1, s0, a01)
            const s1 = loadSplat(w1)
            a10 = vmadd(d0, s1, a10)
            a11 = vmadd(d1, s1, a11)
            const s2 = loadSplat(w2)
            a20 = vmadd(d0, s2, a20)
            a21 = vmadd(d1, s2, a21)
            if (tile > 3) {
              const s3 = loadSplat(w3)
              a30 = vmadd(d0, s3, a30)
              a31 = vmadd(d1, s3, a31)
            }
            p += dyChannel
            w1 += 4
            w2 += 4
            if (tile > 3) w3 += 4
          }
        }
      }
      storeTile(out, dxChannel, some, tile, a00, a01, a10, a11, a20, a21, a30, a31)
      out += BLOCK_BYTES
    }
  }
}
