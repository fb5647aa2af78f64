import { load0, splat, store0, vadd, vmul } from 'lanes'

// These functions compute gradients of pooling, [image][row][column][channel]. They handle channels
// as vectors, and the channels after the last whole vector one by one.

/**
 * Adds the gradient of each window, divided by the window's size, to every input that it covers. As
 * in TensorFlow.js's own kernels, the size includes padding.
 */
export function avgPoolGrad(
  dy: usize, dx: usize, images: i32, height: i32, width: i32, channels: i32, outHeight: i32, outWidth: i32,
  windowHeight: i32, windowWidth: i32, strideHeight: i32, strideWidth: i32, top: i32, left: i32,
): void {
  const column = <usize>channels << 2
  const row = <usize>width * column
  const scale: f32 = 1 / <f32>(windowHeight * windowWidth)
  memory.fill(dx, 0, <usize>(images * height) * row)
  let d = dy
  for (let n = 0; n < images; n++) for (let oy = 0; oy < outHeight; oy++) {
    const fromY = max(0, oy * strideHeight - top), toY = min(height, oy * strideHeight - top + windowHeight)
    for (let ox = 0; ox < outWidth; ox++) {
      const fromX = max(0, ox * strideWidth - left), toX = min(width, ox * strideWidth - left + windowWidth)
      const corner = dx + <usize>(n * height + fromY) * row + <usize>fromX * column
      const lines = <usize>max(0, toY - fromY) * row
      const across = <usize>max(0, toX - fromX) * column
      let channel: usize = 0
      for (; channel + 16 <= column; channel += 16) {
        const gradient = vmul(load0(d + channel), splat(scale))
        const first = corner + channel
        for (let line = first; line < first + lines; line += row) for (let p = line; p < line + across; p += column) {
          store0(p, vadd(load0(p), gradient))
        }
      }
      for (; channel < column; channel += 4) {
        const gradient = load<f32>(d + channel) * scale
        const first = corner + channel
        for (let line = first; line < first + lines; line += row) for (let p = line; p < line + across; p += column) {
          store<f32>(p, load<f32>(p) + gradient)
        }
      }
      d += column
    }
  }
}

/** Adds the gradient of each window to the first of its largest elements, row by row. */
export function maxPoolGrad(
  x: usize, dy: usize, dx: usize, images: i32, height: i32, width: i32, channels: i32, outHeight: i32, outWidth: i32,
  windowHeight: i32, windowWidth: i32, strideHeight: i32, strideWidth: i32, top: i32, left: i32,
): void {
  const column = <usize>channels << 2
  const row = <usize>width * column
  const toDx = dx - x
  memory.fill(dx, 0, <usize>(images * height) * row)
  let d = dy
  for (let n = 0; n < images; n++) for (let oy = 0; oy < outHeight; oy++) {
    const fromY = max(0, oy * strideHeight - top), toY = min(height, oy * strideHeight - top + windowHeight)
    for (let ox = 0; ox < outWidth; ox++) {
      const fromX = max(0, ox * strideWidth - left), toX = min(width, ox * strideWidth - left + windowWidth)
      const corner = x + <usize>(n * height + fromY) * row + <usize>fromX * column
      const lines = <usize>max(0, toY - fromY) * row
      const across = <usize>max(0, toX - fromX) * column
      // A window that covers nothing has no largest element.
      let channel: usize = lines && across ? 0 : column
      for (; channel + 16 <= column; channel += 16) {
        const first = corner + channel
        let best = load0(first)
        let place = i32x4.splat(<i32>first)
        for (let line = first; line < first + lines; line += row) for (let p = line; p < line + across; p += column) {
          const value = load0(p)
          const more = f32x4.gt(value, best)
          best = v128.bitselect(value, best, more)
          place = v128.bitselect(i32x4.splat(<i32>p), place, more)
        }
        const gradient = load0(d + channel)
        for (let line = first; line < first + lines; line += row) for (let p = line; p < line + across; p += column) {
          store0(p + toDx, vadd(load0(p + toDx), v128.and(gradient, i32x4.eq(place, i32x4.splat(<i32>p)))))
        }
      }
      for (; channel < column; channel += 4) {
        const first = corner + channel
        let best = first
        for (let line = first; line < first + lines; line += row) for (let p = line; p < line + across; p += column) {
          if (load<f32>(p) > load<f32>(best)) best = p
        }
        store<f32>(best + toDx, load<f32>(best + toDx) + load<f32>(d + channel))
      }
      d += column
    }
  }
}
