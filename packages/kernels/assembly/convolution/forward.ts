import {
  BLOCK_BYTES,
  SHIFT,
  Vector,
  load1,
  load0,
  splat,
  loadSplat,
  loadSplat1,
  loadSplat2,
  loadSplat3,
  store1,
  store0,
  vmadd,
} from 'lanes'

// Each lane of a vector holds one sample. A block of an activation is
// [channel][row][column][sample], and its strides are in bytes. Every function that computes on
// activations does so for one block. Weights are [channel][kernel row][kernel column][output
// channel]; a row of output channels is padded to a multiple of 4.

/**
 * Computes a convolution for one block of samples: y = bias + x ∗ w. Tiles of 4 or 3 output
 * channels stay in registers over all taps.
 *
 * @param x the origin of the padded input
 * @param y the origin of the output
 */
export function convForward(
  x: usize,
  xChannel: usize,
  xRow: usize,
  w: usize,
  bias: usize,
  y: usize,
  yChannel: usize,
  yRow: usize,
  channels: i32,
  outChannels: i32,
  outHeight: i32,
  outWidth: i32,
  kernelHeight: i32,
  kernelWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
): void {
  const weightRow = rowBytes(outChannels)
  const kernelRow: usize = (<usize>kernelWidth) << SHIFT
  for (let o = 0; o < outChannels;) {
    const left = outChannels - o
    const tile = tileOf(left)
    const at = (<usize>o) << 2
    for (let row = 0; row < outHeight; row++) {
      const line = x + <usize>(row * strideHeight) * xRow
      const out = y + <usize>o * yChannel + <usize>row * yRow
      const step = (<usize>strideWidth) << SHIFT
      if (tile == 4) {
        forwardRow(
          4,
          left,
          line,
          xChannel,
          xRow,
          step,
          w + at,
          weightRow,
          bias + at,
          out,
          yChannel,
          channels,
          outWidth,
          kernelHeight,
          kernelRow,
        )
      } else {
        forwardRow(
          3,
          left,
          line,
          xChannel,
          xRow,
          step,
          w + at,
          weightRow,
          bias + at,
          out,
          yChannel,
          channels,
          outWidth,
          kernelHeight,
          kernelRow,
        )
      }
    }
    o += tile
  }
}

/** Returns the bytes of a row of weights, whose outputs are padded to a multiple of 4. */
// @ts-ignore: decorator
@inline
export function rowBytes(outputs: i32): usize {
  return (<usize>((outputs + 3) & ~3)) << 2
}

/**
 * Returns how many channels the next tile has. It gives the fewest tiles of up to 4 channels, and
 * the narrowest of those.
 */
// @ts-ignore: decorator
@inline
export function tileOf(left: i32): i32 {
  return left <= 3 * ((left + 3) >> 2) ? 3 : 4
}

// @ts-ignore: decorator

@inline
function forwardRow(
  tile: i32,
  left: i32,
  line: usize,
  xChannel: usize,
  xRow: usize,
  step: usize,
  weights: usize,
  weightRow: usize,
  bias: usize,
  out: usize,
  yChannel: usize,
  channels: i32,
  outWidth: i32,
  kernelHeight: i32,
  kernelRow: usize,
): void {
  const b0 = loadSplat(bias),
    b1 = loadSplat1(bias),
    b2 = loadSplat2(bias),
    b3 = tile > 3 ? loadSplat3(bias) : splat(0)
  let window = line
  for (const rowEnd = out + ((<usize>outWidth) << SHIFT); out < rowEnd; out += BLOCK_BYTES) {
    let a00 = b0,
      a01 = b0,
      a10 = b1,
      a11 = b1,
      a20 = b2,
      a21 = b2,
      a30 = b3,
      a31 = b3
    let w = weights
    for (let c = 0; c < channels; c++) {
      let taps = window + <usize>c * xChannel
      for (let ky = 0; ky < kernelHeight; ky++) {
        const end = taps + kernelRow
        for (let p = taps; p < end; p += BLOCK_BYTES) {
          const x0 = load0(p)
          const x1 = load1(p)
          const w0 = loadSplat(w)
          a00 = vmadd(x0, w0, a00)
          a01 = vmadd(x1, w0, a01)
          const w1 = loadSplat1(w)
          a10 = vmadd(x0, w1, a10)
          a11 = vmadd(x1, w1, a11)
          const w2 = loadSplat2(w)
          a20 = vmadd(x0, w2, a20)
          a21 = vmadd(x1, w2, a21)
          if (tile > 3) {
            const w3 = loadSplat3(w)
            a30 = vmadd(x0, w3, a30)
            a31 = vmadd(x1, w3, a31)
          }
          w += weightRow
        }
        taps += xRow
      }
    }
    storeTile(out, yChannel, left, tile, a00, a01, a10, a11, a20, a21, a30, a31)
    window += step
  }
}

/** Stores the channels of a tile that exist, `channel` bytes apart. */
// @ts-ignore: decorator
@inline
export function storeTile(
  at: usize,
  channel: usize,
  left: i32,
  tile: i32,
  a00: Vector,
  a01: Vector,
  a10: Vector,
  a11: Vector,
  a20: Vector,
  a21: Vector,
  a30: Vector,
  a31: Vector,
): void {
  store0(at, a00)
  store1(at, a01)
  if (left > 1) {
    store0(at + channel, a10)
    store1(at + channel, a11)
  }
  if (left > 2) {
    store0(at + 2 * channel, a20)
    store1(at + 2 * channel, a21)
  }
  if (tile > 3 && left > 3) {
    store0(at + 3 * channel, a30)
    store1(at + 3 * channel, a31)
  }
}
