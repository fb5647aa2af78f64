import { tanhOfTwo } from './elementwise'
import {
  BLOCK_BYTES,
  SHIFT,
  VECTOR_BYTES,
  Vector,
  load1,
  load0,
  splat,
  store1,
  store0,
  vadd,
  vlarger,
  vmul,
  vsub,
  whereEqual,
} from 'lanes'

// Pooling has windows without padding, and each function works on one block of samples. x and y
// have strides in bytes; dx and dy are dense, [channel][row][column][sample].

export function avgPoolForward(
  x: usize,
  xChannel: usize,
  xRow: usize,
  y: usize,
  yChannel: usize,
  yRow: usize,
  channels: i32,
  outHeight: i32,
  outWidth: i32,
  poolHeight: i32,
  poolWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
): void {
  const scale = splat(1 / <f32>(poolHeight * poolWidth))
  for (let c = 0; c < channels; c++)
    for (let row = 0; row < outHeight; row++)
      for (let column = 0; column < outWidth; column++) {
        const from =
          x +
          <usize>c * xChannel +
          <usize>(row * strideHeight) * xRow +
          ((<usize>(column * strideWidth)) << SHIFT)
        let s0 = splat(0),
          s1 = s0
        for (let ky = 0; ky < poolHeight; ky++)
          for (let kx = 0; kx < poolWidth; kx++) {
            const p = from + <usize>ky * xRow + ((<usize>kx) << SHIFT)
            s0 = vadd(s0, load0(p))
            s1 = vadd(s1, load1(p))
          }
        const to = y + <usize>c * yChannel + <usize>row * yRow + ((<usize>column) << SHIFT)
        store0(to, vmul(s0, scale))
        store1(to, vmul(s1, scale))
      }
}

export function avgPoolBackward(
  dy: usize,
  dx: usize,
  channels: i32,
  height: i32,
  width: i32,
  outHeight: i32,
  outWidth: i32,
  poolHeight: i32,
  poolWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
): void {
  const scale = splat(1 / <f32>(poolHeight * poolWidth))
  const apart = tiled(
    height,
    width,
    outHeight,
    outWidth,
    poolHeight,
    poolWidth,
    strideHeight,
    strideWidth,
  )
  if (!apart) memory.fill(dx, 0, (<usize>(channels * height * width)) << SHIFT)
  let d = dy
  for (let c = 0; c < channels; c++)
    for (let row = 0; row < outHeight; row++)
      for (let column = 0; column < outWidth; column++) {
        const g0 = vmul(load0(d), scale),
          g1 = vmul(load1(d), scale)
        d += BLOCK_BYTES
        for (let ky = 0; ky < poolHeight; ky++) {
          let p =
            dx +
            ((<usize>((c * height + row * strideHeight + ky) * width + column * strideWidth)) <<
              SHIFT)
          for (const end = p + ((<usize>poolWidth) << SHIFT); p < end; p += BLOCK_BYTES) {
            store0(p, apart ? g0 : vadd(load0(p), g0))
            store1(p, apart ? g1 : vadd(load1(p), g1))
          }
        }
      }
}

/**
 * Computes tanh in place and the average of its windows in one pass. The windows are 2 × 2, side by
 * side, and cover x.
 */
export function tanhAvgPoolForward(
  x: usize,
  xChannel: usize,
  xRow: usize,
  y: usize,
  yChannel: usize,
  yRow: usize,
  channels: i32,
  outHeight: i32,
  outWidth: i32,
): void {
  const scale = splat(0.25)
  for (let c = 0; c < channels; c++)
    for (let row = 0; row < outHeight; row++) {
      let from = x + <usize>c * xChannel + <usize>(2 * row) * xRow
      let to = y + <usize>c * yChannel + <usize>row * yRow
      for (let column = 0; column < outWidth; column++) {
        for (let half: usize = 0; half < BLOCK_BYTES; half += VECTOR_BYTES) {
          const p = from + half
          const above = tanhOfTwo(p, p + BLOCK_BYTES)
          store0(to + half, vmul(vadd(above, tanhOfTwo(p + xRow, p + xRow + BLOCK_BYTES)), scale))
        }
        from += 2 * BLOCK_BYTES
        to += BLOCK_BYTES
      }
    }
}

/**
 * Computes the gradient of the input of `tanhAvgPoolForward`: dx = dy / 4 · (1 − x²), where x is
 * tanh's output.
 */
export function tanhAvgPoolBackward(
  x: usize,
  xChannel: usize,
  xRow: usize,
  dy: usize,
  dx: usize,
  channels: i32,
  outHeight: i32,
  outWidth: i32,
): void {
  const scale = splat(0.25),
    one = splat(1)
  const dxRow = (<usize>(2 * outWidth)) << SHIFT
  let d = dy,
    to = dx
  for (let c = 0; c < channels; c++)
    for (let row = 0; row < outHeight; row++) {
      let from = x + <usize>c * xChannel + <usize>(2 * row) * xRow
      for (let column = 0; column < outWidth; column++) {
        for (let half: usize = 0; half < BLOCK_BYTES; half += VECTOR_BYTES) {
          const g = vmul(load0(d), scale)
          d += VECTOR_BYTES
          const x0 = load0(from + half),
            x1 = load0(from + half + BLOCK_BYTES),
            x2 = load0(from + half + xRow),
            x3 = load0(from + half + xRow + BLOCK_BYTES)
          store0(to + half, vmul(g, vsub(one, vmul(x0, x0))))
          store0(to + half + BLOCK_BYTES, vmul(g, vsub(one, vmul(x1, x1))))
          store0(to + half + dxRow, vmul(g, vsub(one, vmul(x2, x2))))
          store0(to + half + dxRow + BLOCK_BYTES, vmul(g, vsub(one, vmul(x3, x3))))
        }
        from += 2 * BLOCK_BYTES
        to += 2 * BLOCK_BYTES
      }
      to += dxRow
    }
}

/**
 * Returns whether every input is in exactly one window. Then gradients can be written instead of
 * added up.
 */
// @ts-ignore: decorator
@inline
function tiled(
  height: i32,
  width: i32,
  outHeight: i32,
  outWidth: i32,
  poolHeight: i32,
  poolWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
): bool {
  return (
    poolHeight == strideHeight &&
    poolWidth == strideWidth &&
    outHeight * poolHeight == height &&
    outWidth * poolWidth == width
  )
}

export function maxPoolForward(
  x: usize,
  xChannel: usize,
  xRow: usize,
  y: usize,
  yChannel: usize,
  yRow: usize,
  channels: i32,
  outHeight: i32,
  outWidth: i32,
  poolHeight: i32,
  poolWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
): void {
  const two = poolHeight == 2 && poolWidth == 2
  for (let c = 0; c < channels; c++)
    for (let row = 0; row < outHeight; row++)
      for (let column = 0; column < outWidth; column++) {
        const from =
          x +
          <usize>c * xChannel +
          <usize>(row * strideHeight) * xRow +
          ((<usize>(column * strideWidth)) << SHIFT)
        const to = y + <usize>c * yChannel + <usize>row * yRow + ((<usize>column) << SHIFT)
        if (two) {
          store0(
            to,
            vlarger(
              vlarger(load0(from), load0(from + BLOCK_BYTES)),
              vlarger(load0(from + xRow), load0(from + xRow + BLOCK_BYTES)),
            ),
          )
          store1(
            to,
            vlarger(
              vlarger(load1(from), load1(from + BLOCK_BYTES)),
              vlarger(load1(from + xRow), load1(from + xRow + BLOCK_BYTES)),
            ),
          )
        } else {
          store0(to, largest(from, xRow, poolHeight, poolWidth))
          store1(to, largest(from + VECTOR_BYTES, xRow, poolHeight, poolWidth))
        }
      }
}

/** Gives each gradient to the first largest number of its window, row by row. */
export function maxPoolBackward(
  x: usize,
  xChannel: usize,
  xRow: usize,
  dy: usize,
  dx: usize,
  channels: i32,
  height: i32,
  width: i32,
  outHeight: i32,
  outWidth: i32,
  poolHeight: i32,
  poolWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
): void {
  const apart = tiled(
    height,
    width,
    outHeight,
    outWidth,
    poolHeight,
    poolWidth,
    strideHeight,
    strideWidth,
  )
  const two = apart && poolHeight == 2 && poolWidth == 2
  if (!apart) memory.fill(dx, 0, (<usize>(channels * height * width)) << SHIFT)
  const dxRow = (<usize>width) << SHIFT
  let d = dy
  for (let c = 0; c < channels; c++)
    for (let row = 0; row < outHeight; row++) {
      let from = x + <usize>c * xChannel + <usize>(row * strideHeight) * xRow
      let to = dx + ((<usize>((c * height + row * strideHeight) * width)) << SHIFT)
      for (let column = 0; column < outWidth; column++) {
        for (let half: usize = 0; half < BLOCK_BYTES; half += VECTOR_BYTES) {
          if (two) backwardOfTwo(from + half, xRow, load0(d), to + half, dxRow)
          else backward(from + half, xRow, load0(d), to + half, dxRow, poolHeight, poolWidth, apart)
          d += VECTOR_BYTES
        }
        from += (<usize>strideWidth) << SHIFT
        to += (<usize>strideWidth) << SHIFT
      }
    }
}

// @ts-ignore: decorator

@inline
function backward(
  from: usize,
  xRow: usize,
  gradient: Vector,
  to: usize,
  dxRow: usize,
  poolHeight: i32,
  poolWidth: i32,
  apart: bool,
): void {
  const most = largest(from, xRow, poolHeight, poolWidth)
  let left = gradient
  for (let ky = 0; ky < poolHeight; ky++)
    for (let kx = 0; kx < poolWidth; kx++) {
      const value = load0(from + <usize>ky * xRow + ((<usize>kx) << SHIFT))
      const here = whereEqual(value, most, left, splat(0))
      const p = to + <usize>ky * dxRow + ((<usize>kx) << SHIFT)
      store0(p, apart ? here : vadd(load0(p), here))
      // Only the first position that matches gets the gradient.
      left = whereEqual(value, most, splat(0), left)
    }
}

/** Handles a window of 2 × 2 that overlaps no other. */
// @ts-ignore: decorator
@inline
function backwardOfTwo(from: usize, xRow: usize, gradient: Vector, to: usize, dxRow: usize): void {
  const zero = splat(0)
  const x0 = load0(from),
    x1 = load0(from + BLOCK_BYTES),
    x2 = load0(from + xRow),
    x3 = load0(from + xRow + BLOCK_BYTES)
  const most = vlarger(vlarger(x0, x1), vlarger(x2, x3))
  store0(to, whereEqual(x0, most, gradient, zero))
  let left = whereEqual(x0, most, zero, gradient)
  store0(to + BLOCK_BYTES, whereEqual(x1, most, left, zero))
  left = whereEqual(x1, most, zero, left)
  store0(to + dxRow, whereEqual(x2, most, left, zero))
  store0(to + dxRow + BLOCK_BYTES, whereEqual(x2, most, zero, whereEqual(x3, most, left, zero)))
}

// @ts-ignore: decorator

@inline
function largest(from: usize, xRow: usize, poolHeight: i32, poolWidth: i32): Vector {
  let most = load0(from)
  for (let ky = 0; ky < poolHeight; ky++)
    for (let kx = 0; kx < poolWidth; kx++) {
      most = vlarger(most, load0(from + <usize>ky * xRow + ((<usize>kx) << SHIFT)))
    }
  return most
}
