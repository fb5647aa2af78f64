import { rowBytes, tileOf } from '../convolution/forward'
import { inputLine, outputLine, productLine } from './lines'
import {
  BLOCK_BYTES,
  SHIFT,
  VECTOR_BYTES,
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

// A convolution with a 5 × 5 filter and no stride is computed in tiles of 4 × 4 outputs, each from
// 8 × 8 inputs. Inputs and filter are transformed to 64 points (i, j), where a convolution is a
// product: 4 multiplications for an output instead of 25. Points are stored as
// [tile][channel][point][sample]. Those of a channel take PLANE bytes, so that the numbers that a
// transform reads and writes have a constant stride. The filter's points are
// [point][channel][output channel].

/** Outputs along a side of a tile. */
// @ts-ignore: decorator
@inline
export const SIDE: i32 = 4

/** Inputs, and points, along a side of a tile. */
// @ts-ignore: decorator
@inline
export const POINTS_PER_SIDE: i32 = 8

/** Bytes of a line of points. */
// @ts-ignore: decorator
@inline
export const LINE: usize = (<usize>POINTS_PER_SIDE) << SHIFT

/**
 * Bytes of the points of one channel of a tile. It is an odd number of cache lines; otherwise the
 * points of many channels would share a set of the cache.
 */
// @ts-ignore: decorator
@inline
export const PLANE: usize = <usize>POINTS_PER_SIDE * LINE + 64

/** Returns how many tiles cover `outputs` outputs. */
// @ts-ignore: decorator
@inline
export function tiles(outputs: i32): i32 {
  return (outputs + SIDE - 1) / SIDE
}

/**
 * Transforms the input of a block of samples to points.
 *
 * @param x the origin of the padded input, whose border of zeros is wide enough for whole tiles
 * @param temporary 64 vectors
 */
export function winogradInput(
  x: usize,
  xChannel: usize,
  xRow: usize,
  points: usize,
  temporary: usize,
  channels: i32,
  outHeight: i32,
  outWidth: i32,
): void {
  let tile = points
  for (let row = 0; row < outHeight; row += SIDE)
    for (let column = 0; column < outWidth; column += SIDE) {
      const from = x + <usize>row * xRow + ((<usize>column) << SHIFT)
      for (let c = 0; c < channels; c++) {
        inputTile(from + <usize>c * xChannel, xRow, tile, temporary)
        tile += PLANE
      }
    }
}

/**
 * Computes y = bias + x ∗ w for one block of samples, with x and w as points.
 *
 * @param scratch 40 · outChannels + 80 blocks of samples
 */
export function winogradForward(
  points: usize,
  w: usize,
  bias: usize,
  y: usize,
  yChannel: usize,
  yRow: usize,
  scratch: usize,
  channels: i32,
  outChannels: i32,
  outHeight: i32,
  outWidth: i32,
): void {
  const products = scratch,
    lines = scratch + <usize>(outChannels + 2) * LINE,
    temporary = lines + <usize>(SIDE * outChannels) * LINE
  let tile = points
  for (let row = 0; row < outHeight; row += SIDE)
    for (let column = 0; column < outWidth; column += SIDE) {
      if (channels == 1) multiplyOne(tile, w, lines, outChannels)
      else multiply(tile, w, products, lines, channels, outChannels)
      outputTile(
        lines,
        bias,
        y + <usize>row * yRow + ((<usize>column) << SHIFT),
        yChannel,
        yRow,
        temporary,
        outChannels,
        min(SIDE, outHeight - row),
        min(SIDE, outWidth - column),
      )
      tile += <usize>channels * PLANE
    }
}

function inputTile(from: usize, xRow: usize, to: usize, temporary: usize): void {
  for (let half: usize = 0; half < BLOCK_BYTES; half += VECTOR_BYTES) {
    let row = from + half
    for (let line: usize = 0; line < 64 * VECTOR_BYTES; line += 8 * VECTOR_BYTES) {
      inputLine(row, BLOCK_BYTES, temporary + line, VECTOR_BYTES)
      row += xRow
    }
    let at = to + half
    for (let line: usize = 0; line < 8 * VECTOR_BYTES; line += VECTOR_BYTES) {
      inputLine(temporary + line, 8 * VECTOR_BYTES, at, LINE)
      at += BLOCK_BYTES
    }
  }
}

/**
 * Sums the products over the channels at each point, and makes the first transform of the outputs:
 * lines [output channel][i][column][sample].
 */
function multiply(
  tile: usize,
  w: usize,
  products: usize,
  lines: usize,
  channels: i32,
  outChannels: i32,
): void {
  const weightRow = rowBytes(outChannels)
  let x = tile,
    weights = w
  for (let i: usize = 0; i < <usize>POINTS_PER_SIDE; i++) {
    for (let j: usize = 0; j < <usize>POINTS_PER_SIDE; j++) {
      let to = products + (j << SHIFT)
      for (let o = 0; o < outChannels;) {
        const left = outChannels - o
        const many = tileOf(left)
        if (many == 4) product(4, x, weights + ((<usize>o) << 2), weightRow, to, channels)
        else product(3, x, weights + ((<usize>o) << 2), weightRow, to, channels)
        to += <usize>many * LINE
        o += many
      }
      x += BLOCK_BYTES
      weights += <usize>channels * weightRow
    }
    for (let o: usize = 0; o < <usize>outChannels; o++)
      for (let half: usize = 0; half < BLOCK_BYTES; half += VECTOR_BYTES) {
        outputLine(
          products + o * LINE + half,
          BLOCK_BYTES,
          lines + (o * POINTS_PER_SIDE + i) * COLUMNS + half,
          BLOCK_BYTES,
          splat(0),
        )
      }
  }
}

/** Does what {@link multiply} does for a single channel, which needs no sum. */
function multiplyOne(tile: usize, w: usize, lines: usize, outChannels: i32): void {
  const weightRow = rowBytes(outChannels)
  for (let i: usize = 0; i < <usize>POINTS_PER_SIDE; i++) {
    const x = tile + i * LINE,
      weights = w + i * POINTS_PER_SIDE * weightRow
    for (let o: usize = 0; o < <usize>outChannels; o++)
      for (let half: usize = 0; half < BLOCK_BYTES; half += VECTOR_BYTES) {
        productLine(
          x + half,
          BLOCK_BYTES,
          weights + (o << 2),
          weightRow,
          lines + (o * POINTS_PER_SIDE + i) * COLUMNS + half,
          BLOCK_BYTES,
        )
      }
  }
}

/** Bytes of a line of outputs. */
// @ts-ignore: decorator
@inline
const COLUMNS: usize = (<usize>SIDE) << SHIFT

// @ts-ignore: decorator

@inline
function product(
  many: i32,
  x: usize,
  weights: usize,
  weightRow: usize,
  to: usize,
  channels: i32,
): void {
  const zero = splat(0)
  let a00 = zero,
    a01 = zero,
    a10 = zero,
    a11 = zero,
    a20 = zero,
    a21 = zero,
    a30 = zero,
    a31 = zero
  let w = weights
  for (let p = x, end = x + <usize>channels * PLANE; p < end; p += PLANE) {
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
    if (many > 3) {
      const w3 = loadSplat3(w)
      a30 = vmadd(x0, w3, a30)
      a31 = vmadd(x1, w3, a31)
    }
    w += weightRow
  }
  // A tile with fewer channels stores all of its channels anyway, because there is room after the
  // last.
  store0(to, a00)
  store1(to, a01)
  store0(to + LINE, a10)
  store1(to + LINE, a11)
  store0(to + 2 * LINE, a20)
  store1(to + 2 * LINE, a21)
  if (many > 3) {
    store0(to + 3 * LINE, a30)
    store1(to + 3 * LINE, a31)
  }
}

/** Makes the second transform, with the bias, of the outputs that exist. */
function outputTile(
  lines: usize,
  bias: usize,
  y: usize,
  yChannel: usize,
  yRow: usize,
  temporary: usize,
  outChannels: i32,
  rows: i32,
  columns: i32,
): void {
  for (let o = 0; o < outChannels; o++) {
    const base = loadSplat(bias + ((<usize>o) << 2))
    const out = y + <usize>o * yChannel
    for (let column = 0; column < columns; column++)
      for (let half: usize = 0; half < BLOCK_BYTES; half += VECTOR_BYTES) {
        const from = lines + <usize>(o * POINTS_PER_SIDE) * COLUMNS + ((<usize>column) << SHIFT) + half
        const to = out + ((<usize>column) << SHIFT) + half
        if (rows == SIDE) outputLine(from, COLUMNS, to, yRow, base)
        else {
          outputLine(from, COLUMNS, temporary, VECTOR_BYTES, base)
          for (let row = 0; row < rows; row++)
            store0(to + <usize>row * yRow, load0(temporary + <usize>row * VECTOR_BYTES))
        }
      }
  }
}
