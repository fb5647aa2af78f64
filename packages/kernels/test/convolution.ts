import { expect } from 'vitest'
import { numbers } from './support.js'

export interface Shape {
  readonly blocks: number
  readonly channels: number
  readonly outChannels: number
  readonly kernel: readonly [number, number]
  readonly stride: readonly [number, number]
  readonly border: readonly [top: number, bottom: number, left: number, right: number]
  readonly image: readonly [number, number]
}

/**
 * Computes a convolution and its gradients with simple loops in double precision. All arrays are
 * [block][channel][row][column][sample].
 */
export function reference(
  block: number,
  {
    blocks,
    channels,
    outChannels,
    kernel,
    stride,
    border: [top, bottom, left, right],
    image: [height, width],
  }: Shape,
) {
  const outHeight = Math.floor((height + top + bottom - kernel[0]) / stride[0]) + 1
  const outWidth = Math.floor((width + left + right - kernel[1]) / stride[1]) + 1
  const x = numbers(blocks * channels * height * width * block, 'x')
  const w = numbers(kernel[0] * kernel[1] * channels * outChannels, 'w')
  const bias = numbers(outChannels, 'bias')
  const dy = numbers(blocks * outChannels * outHeight * outWidth * block, 'dy')
  const y = new Array<number>(dy.length).fill(0)
  const dx = new Array<number>(x.length).fill(0)
  const dw = new Array<number>(w.length).fill(0)
  const db = new Array<number>(outChannels).fill(0)
  let at = 0
  for (let b = 0; b < blocks; b++)
    for (let o = 0; o < outChannels; o++) {
      for (let row = 0; row < outHeight; row++)
        for (let column = 0; column < outWidth; column++)
          for (let lane = 0; lane < block; lane++, at++) {
            y[at]! += bias[o]!
            db[o]! += dy[at]!
            for (let ky = 0; ky < kernel[0]; ky++)
              for (let kx = 0; kx < kernel[1]; kx++)
                for (let c = 0; c < channels; c++) {
                  const [iy, ix] = [row * stride[0] + ky - top, column * stride[1] + kx - left]
                  if (iy < 0 || iy >= height || ix < 0 || ix >= width) continue
                  const i = (((b * channels + c) * height + iy) * width + ix) * block + lane
                  const j = ((ky * kernel[1] + kx) * channels + c) * outChannels + o
                  y[at]! += x[i]! * w[j]!
                  dx[i]! += dy[at]! * w[j]!
                  dw[j]! += dy[at]! * x[i]!
                }
          }
    }
  return { outHeight, outWidth, x, w, bias, dy, y, dx, dw, db }
}

/** Expects each pair of numbers to be close. NaN is close to nothing. */
export function expectClose(
  actual: readonly number[],
  expected: readonly number[],
  tolerance = 1e-5,
): void {
  expect(actual).toHaveLength(expected.length)
  const worst = actual.reduce(
    (most, value, i) =>
      Math.max(most, Number.isNaN(value) ? Infinity : Math.abs(value - expected[i]!)),
    0,
  )
  expect(worst).toBeLessThan(tolerance)
}
