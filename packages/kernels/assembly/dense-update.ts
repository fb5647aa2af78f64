import { rowBytes } from './convolution/forward'
import {
  BLOCK,
  SHIFT,
  VECTOR_BYTES,
  Vector,
  load1,
  load0,
  splat,
  loadSplat,
  loadSplatBlock1,
  loadSplatBlock2,
  loadSplatBlock3,
  vmadd,
} from 'lanes'
import { Optimizer, updateVector } from './sgd'

/**
 * Writes a block of the output's gradient with units innermost, as the updates read it.
 *
 * @param dy [unit][sample]
 * @param target [tile of BLOCK units][sample][unit] or [sample][tile][unit], depending on the bytes
 * between tiles and between samples; units after the last keep the value 0
 */
export function transposeGradient(
  dy: usize,
  target: usize,
  tileBytes: usize,
  sampleBytes: usize,
  units: i32,
): void {
  for (let u = 0; u < units; u++) {
    const to = target + <usize>(u / BLOCK) * tileBytes + ((<usize>(u % BLOCK)) << 2)
    for (let sample = 0; sample < BLOCK; sample++) {
      store<f32>(
        to + <usize>sample * sampleBytes,
        load<f32>(dy + ((<usize>(u * BLOCK + sample)) << 2)),
      )
    }
  }
}

/**
 * Sums the gradient of a dense layer's weights for inputs `from` to `to`, and makes their SGD step.
 * dw[i, u] is the sum over samples of x · dy. Tiles of 4 inputs × BLOCK units stay in registers
 * over the batch.
 *
 * @param x [block][input][sample]
 * @param dy [tile][block][sample][unit], as `transposeGradient` writes it
 */
export function denseUpdate(
  x: usize,
  xBlock: usize,
  dy: usize,
  dyTile: usize,
  w: usize,
  v: usize,
  optimizer: Optimizer,
  blocks: i32,
  units: i32,
  from: i32,
  to: i32,
): void {
  const weightRow = rowBytes(units)
  const zero = splat(0)
  for (let i = from; i < to; i += 4) {
    const left = to - i
    for (let u = 0; u < units; u += BLOCK) {
      let a00 = zero,
        a01 = zero,
        a10 = zero,
        a11 = zero,
        a20 = zero,
        a21 = zero,
        a30 = zero,
        a31 = zero
      let d = dy + <usize>(u / BLOCK) * dyTile
      for (let b = 0; b < blocks; b++) {
        let p = x + <usize>b * xBlock + ((<usize>i) << SHIFT)
        // A row of samples is as long as a row of units.
        for (const end = d + ((<usize>BLOCK) << SHIFT); d < end; d += 2 * VECTOR_BYTES) {
          const d0 = load0(d)
          const d1 = load1(d)
          const x0 = loadSplat(p)
          a00 = vmadd(d0, x0, a00)
          a01 = vmadd(d1, x0, a01)
          const x1 = loadSplatBlock1(p)
          a10 = vmadd(d0, x1, a10)
          a11 = vmadd(d1, x1, a11)
          const x2 = loadSplatBlock2(p)
          a20 = vmadd(d0, x2, a20)
          a21 = vmadd(d1, x2, a21)
          const x3 = loadSplatBlock3(p)
          a30 = vmadd(d0, x3, a30)
          a31 = vmadd(d1, x3, a31)
          p += 4
        }
      }
      const at = <usize>i * weightRow + ((<usize>u) << 2)
      // Rows of units are padded to a multiple of 4.
      const both = u + BLOCK / 2 < units || BLOCK < 4
      put(w + at, v + at, both, a00, a01, optimizer)
      if (left > 1) put(w + at + weightRow, v + at + weightRow, both, a10, a11, optimizer)
      if (left > 2) put(w + at + 2 * weightRow, v + at + 2 * weightRow, both, a20, a21, optimizer)
      if (left > 3) put(w + at + 3 * weightRow, v + at + 3 * weightRow, both, a30, a31, optimizer)
    }
  }
}

// @ts-ignore: decorator

@inline
function put(
  w: usize,
  v: usize,
  both: bool,
  first: Vector,
  second: Vector,
  optimizer: Optimizer,
): void {
  updateVector(w, v, first, optimizer)
  if (both) updateVector(w + VECTOR_BYTES, v + VECTOR_BYTES, second, optimizer)
}
