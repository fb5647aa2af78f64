// Windows without padding. x and y have strides in bytes; dx and dy are [block][channel][row][column][8], dense.

export function avgPoolForward(
  x: usize, xBlock: usize, xChannel: usize, xRow: usize, y: usize, yBlock: usize, yChannel: usize, yRow: usize,
  blocks: i32, channels: i32, outHeight: i32, outWidth: i32, poolHeight: i32, poolWidth: i32, strideHeight: i32, strideWidth: i32,
): void {
  const scale = f32x4.splat(1 / <f32>(poolHeight * poolWidth))
  for (let b = 0; b < blocks; b++) for (let c = 0; c < channels; c++) {
    for (let row = 0; row < outHeight; row++) for (let column = 0; column < outWidth; column++) {
      const from = x + <usize>b * xBlock + <usize>c * xChannel + <usize>(row * strideHeight) * xRow + (<usize>(column * strideWidth) << 5)
      let low = f32x4.splat(0), high = low
      for (let ky = 0; ky < poolHeight; ky++) for (let kx = 0; kx < poolWidth; kx++) {
        const p = from + <usize>ky * xRow + (<usize>kx << 5)
        low = f32x4.add(low, v128.load(p))
        high = f32x4.add(high, v128.load(p, 16))
      }
      const to = y + <usize>b * yBlock + <usize>c * yChannel + <usize>row * yRow + (<usize>column << 5)
      v128.store(to, f32x4.mul(low, scale))
      v128.store(to, f32x4.mul(high, scale), 16)
    }
  }
}

/** Adds to dx, which must hold zeros. */
export function avgPoolBackward(
  dy: usize, dx: usize, planes: i32, height: i32, width: i32, outHeight: i32, outWidth: i32,
  poolHeight: i32, poolWidth: i32, strideHeight: i32, strideWidth: i32,
): void {
  const scale = f32x4.splat(1 / <f32>(poolHeight * poolWidth))
  let d = dy
  for (let plane = 0; plane < planes; plane++) {
    for (let row = 0; row < outHeight; row++) for (let column = 0; column < outWidth; column++) {
      const low = f32x4.mul(v128.load(d), scale)
      const high = f32x4.mul(v128.load(d, 16), scale)
      d += 32
      for (let ky = 0; ky < poolHeight; ky++) for (let kx = 0; kx < poolWidth; kx++) {
        const p = dx + (<usize>((plane * height + row * strideHeight + ky) * width + column * strideWidth + kx) << 5)
        v128.store(p, f32x4.add(v128.load(p), low))
        v128.store(p, f32x4.add(v128.load(p, 16), high), 16)
      }
    }
  }
}

export function maxPoolForward(
  x: usize, xBlock: usize, xChannel: usize, xRow: usize, y: usize, yBlock: usize, yChannel: usize, yRow: usize,
  blocks: i32, channels: i32, outHeight: i32, outWidth: i32, poolHeight: i32, poolWidth: i32, strideHeight: i32, strideWidth: i32,
): void {
  for (let b = 0; b < blocks; b++) for (let c = 0; c < channels; c++) {
    for (let row = 0; row < outHeight; row++) for (let column = 0; column < outWidth; column++) {
      const from = x + <usize>b * xBlock + <usize>c * xChannel + <usize>(row * strideHeight) * xRow + (<usize>(column * strideWidth) << 5)
      const to = y + <usize>b * yBlock + <usize>c * yChannel + <usize>row * yRow + (<usize>column << 5)
      v128.store(to, largest(from, xRow, poolHeight, poolWidth))
      v128.store(to, largest(from + 16, xRow, poolHeight, poolWidth), 16)
    }
  }
}

/** Adds to dx, which must hold zeros, at the first largest of each window, row by row. */
export function maxPoolBackward(
  x: usize, xBlock: usize, xChannel: usize, xRow: usize, dy: usize, dx: usize,
  blocks: i32, channels: i32, height: i32, width: i32, outHeight: i32, outWidth: i32,
  poolHeight: i32, poolWidth: i32, strideHeight: i32, strideWidth: i32,
): void {
  let d = dy
  for (let b = 0; b < blocks; b++) for (let c = 0; c < channels; c++) {
    const plane = dx + (<usize>((b * channels + c) * height * width) << 5)
    for (let row = 0; row < outHeight; row++) for (let column = 0; column < outWidth; column++) {
      for (let half: usize = 0; half < 32; half += 16) {
        const from = x + <usize>b * xBlock + <usize>c * xChannel + <usize>(row * strideHeight) * xRow + (<usize>(column * strideWidth) << 5) + half
        const most = largest(from, xRow, poolHeight, poolWidth)
        let left = v128.load(d + half)
        for (let ky = 0; ky < poolHeight; ky++) for (let kx = 0; kx < poolWidth; kx++) {
          const here = f32x4.eq(v128.load(from + <usize>ky * xRow + (<usize>kx << 5)), most)
          const p = plane + (<usize>((row * strideHeight + ky) * width + column * strideWidth + kx) << 5) + half
          v128.store(p, f32x4.add(v128.load(p), v128.and(left, here)))
          left = v128.andnot(left, here)
        }
      }
      d += 32
    }
  }
}

// @ts-ignore: decorator
@inline
function largest(from: usize, xRow: usize, poolHeight: i32, poolWidth: i32): v128 {
  let most = v128.load(from)
  for (let ky = 0; ky < poolHeight; ky++) for (let kx = 0; kx < poolWidth; kx++) {
    most = f32x4.max(most, v128.load(from + <usize>ky * xRow + (<usize>kx << 5)))
  }
  return most
}
