import { tileOf } from './conv-forward'
import { inputLine, outputLine, productLine } from './winograd-lines'
import { BLOCK_BYTES, SHIFT, VECTOR_BYTES, high, low, splat, spread, spread1, spread2, spread3, storeHigh, storeLow, vmadd } from 'lanes'

// A convolution with 5 × 5 taps and no stride in tiles of 4 × 4 outputs, each from 8 × 8 inputs: both go to 64 points (i, j), where a
// convolution is a product; 4 multiplications an output instead of 25. Points stand [point][tile][channel][sample], `point` bytes apart,
// the filter's [point][channel][output channel].

/** Outputs of a tile's side. */
// @ts-ignore: decorator
@inline
export const SIDE: i32 = 4

/** Inputs, and points, of a tile's side. */
// @ts-ignore: decorator
@inline
export const POINTS: i32 = 8

/** Tiles that cover so many outputs. */
// @ts-ignore: decorator
@inline
export function tiles(outputs: i32): i32 {
  return (outputs + SIDE - 1) / SIDE
}

/**
 * The input of a block of samples to points.
 *
 * @param x origin of the padded input, which has a border of zeros wide enough for whole tiles
 * @param temporary 64 vectors
 */
export function winogradInput(
  x: usize, xChannel: usize, xRow: usize, points: usize, point: usize, temporary: usize, channels: i32, outHeight: i32, outWidth: i32,
): void {
  let tile = points
  for (let row = 0; row < outHeight; row += SIDE) for (let column = 0; column < outWidth; column += SIDE) {
    const from = x + <usize>row * xRow + (<usize>column << SHIFT)
    for (let c = 0; c < channels; c++) {
      inputTile(from + <usize>c * xChannel, xRow, tile, point, temporary)
      tile += BLOCK_BYTES
    }
  }
}

/**
 * y = bias + x ∗ w for one block of samples, x and w as points.
 *
 * @param scratch 40 · outChannels + 66 blocks of samples
 */
export function winogradForward(
  points: usize, point: usize, w: usize, bias: usize, y: usize, yChannel: usize, yRow: usize,
  scratch: usize, channels: i32, outChannels: i32, outHeight: i32, outWidth: i32,
): void {
  const products = scratch, lines = scratch + (<usize>(POINTS * outChannels + 2) << SHIFT), temporary = lines + (<usize>(POINTS * SIDE * outChannels) << SHIFT)
  let tile = points
  for (let row = 0; row < outHeight; row += SIDE) for (let column = 0; column < outWidth; column += SIDE) {
    if (channels == 1) multiplyOne(tile, point, w, lines, outChannels)
    else multiply(tile, point, w, products, lines, channels, outChannels)
    outputTile(lines, bias, y + <usize>row * yRow + (<usize>column << SHIFT), yChannel, yRow, temporary, outChannels,
      min(SIDE, outHeight - row), min(SIDE, outWidth - column))
    tile += <usize>channels << SHIFT
  }
}

function inputTile(from: usize, xRow: usize, to: usize, point: usize, temporary: usize): void {
  for (let half: usize = 0; half < BLOCK_BYTES; half += VECTOR_BYTES) {
    let row = from + half
    for (let line: usize = 0; line < 64 * VECTOR_BYTES; line += 8 * VECTOR_BYTES) {
      inputLine(row, BLOCK_BYTES, temporary + line, VECTOR_BYTES)
      row += xRow
    }
    let at = to + half
    for (let line: usize = 0; line < 8 * VECTOR_BYTES; line += VECTOR_BYTES) {
      inputLine(temporary + line, 8 * VECTOR_BYTES, at, 8 * point)
      at += point
    }
  }
}

/** Products over channels at each point, and the outputs' first transform: lines [i][column][output channel][sample]. */
function multiply(tile: usize, point: usize, w: usize, products: usize, lines: usize, channels: i32, outChannels: i32): void {
  const weightRow: usize = <usize>((outChannels + 3) & ~3) << 2
  const across = <usize>outChannels << SHIFT
  let x = tile, weights = w, line = lines
  for (let i = 0; i < POINTS; i++) {
    let to = products
    for (let j = 0; j < POINTS; j++) {
      for (let o = 0; o < outChannels;) {
        const left = outChannels - o
        const many = tileOf(left)
        if (many == 4) product(4, left, x, weights + (<usize>o << 2), weightRow, to, channels)
        else product(3, left, x, weights + (<usize>o << 2), weightRow, to, channels)
        to += <usize>min(left, many) << SHIFT
        o += many
      }
      x += point
      weights += <usize>channels * weightRow
    }
    for (let at: usize = 0; at < across; at += VECTOR_BYTES) outputLine(products + at, across, line + at, across, splat(0))
    line += <usize>SIDE * across
  }
}

/** As {@link multiply}, for one channel: there is nothing to sum up. */
function multiplyOne(tile: usize, point: usize, w: usize, lines: usize, outChannels: i32): void {
  const weightRow: usize = <usize>((outChannels + 3) & ~3) << 2
  const across = <usize>outChannels << SHIFT
  let x = tile, weights = w, line = lines
  for (let i = 0; i < POINTS; i++) {
    for (let o: usize = 0; o < <usize>outChannels; o++) for (let half: usize = 0; half < BLOCK_BYTES; half += VECTOR_BYTES) {
      productLine(x + half, point, weights + (o << 2), weightRow, line + (o << SHIFT) + half, across)
    }
    x += <usize>POINTS * point
    weights += <usize>POINTS * weightRow
    line += <usize>SIDE * across
  }
}

// @ts-ignore: decorator
@inline
function product(many: i32, left: i32, x: usize, weights: usize, weightRow: usize, to: usize, channels: i32): void {
  const zero = splat(0)
  let a00 = zero, a01 = zero, a10 = zero, a11 = zero, a20 = zero, a21 = zero, a30 = zero, a31 = zero
  let w = weights
  for (let p = x, end = x + (<usize>channels << SHIFT); p < end; p += BLOCK_BYTES) {
    const x0 = low(p)
    const x1 = high(p)
    const w0 = spread(w)
    a00 = vmadd(x0, w0, a00)
    a01 = vmadd(x1, w0, a01)
    const w1 = spread1(w)
    a10 = vmadd(x0, w1, a10)
    a11 = vmadd(x1, w1, a11)
    const w2 = spread2(w)
    a20 = vmadd(x0, w2, a20)
    a21 = vmadd(x1, w2, a21)
    if (many > 3) {
      const w3 = spread3(w)
      a30 = vmadd(x0, w3, a30)
      a31 = vmadd(x1, w3, a31)
    }
    w += weightRow
  }
  // A tile that has fewer channels left stores all the same: what comes next is written after it, and behind the last is room.
  storeLow(to, a00)
  storeHigh(to, a01)
  storeLow(to + BLOCK_BYTES, a10)
  storeHigh(to + BLOCK_BYTES, a11)
  storeLow(to + 2 * BLOCK_BYTES, a20)
  storeHigh(to + 2 * BLOCK_BYTES, a21)
  if (many > 3) {
    storeLow(to + 3 * BLOCK_BYTES, a30)
    storeHigh(to + 3 * BLOCK_BYTES, a31)
  }
}

/** The second transform, with the bias, of the outputs that are there. */
function outputTile(
  lines: usize, bias: usize, y: usize, yChannel: usize, yRow: usize, temporary: usize, outChannels: i32, rows: i32, columns: i32,
): void {
  const across = <usize>outChannels << SHIFT
  for (let o = 0; o < outChannels; o++) {
    const base = spread(bias + (<usize>o << 2))
    const out = y + <usize>o * yChannel
    for (let column = 0; column < columns; column++) for (let half: usize = 0; half < BLOCK_BYTES; half += VECTOR_BYTES) {
      const from = lines + <usize>column * across + (<usize>o << SHIFT) + half
      const to = out + (<usize>column << SHIFT) + half
      if (rows == SIDE) outputLine(from, <usize>SIDE * across, to, yRow, base)
      else {
        outputLine(from, <usize>SIDE * across, temporary, VECTOR_BYTES, base)
        for (let row = 0; row < rows; row++) storeLow(to + <usize>row * yRow, low(temporary + <usize>row * VECTOR_BYTES))
      }
    }
  }
}
