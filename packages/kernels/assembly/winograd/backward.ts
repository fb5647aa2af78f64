import { rowBytes, storeTile, tileOf } from '../convolution/forward'
import { LINE, PLANE, POINTS_PER_SIDE, SIDE, tiles } from './forward'
import { addProductLine, inputGradientLine, outputGradientLine } from './lines'
import { addProducts } from './sums'
import {
  BLOCK_BYTES,
  SHIFT,
  VECTOR_BYTES,
  load1,
  load0,
  splat,
  loadSplat,
  store0,
  vadd,
  vmadd,
} from 'lanes'

/**
 * Computes the backward pass of `winogradForward` for one block of samples: the gradient of the
 * filter's points, and of the input if it is asked for.
 *
 * @param dy [output channel][row][column][sample]
 * @param points the points of the input, from the forward pass
 * @param sums [point][channel][output channel][vector], the gradient of the filter for each lane,
 * then that of the bias, [output channel][vector]; rows of output channels are padded to a multiple
 * of 4
 * @param w the points of the filter
 * @param dx [channel][row][column][sample], or 0 if no gradient is wanted
 * @param scratch PLANE bytes for each output channel of each tile of `group` rows of tiles, and 72
 * · channels + 50 blocks of samples
 * @param group how many rows of tiles are transformed before they are summed
 * @param begin whether the sums start with this block instead of continuing
 */
export function winogradBackward(
  dy: usize,
  points: usize,
  sums: usize,
  w: usize,
  dx: usize,
  scratch: usize,
  group: i32,
  begin: bool,
  channels: i32,
  height: i32,
  width: i32,
  outChannels: i32,
  outHeight: i32,
  outWidth: i32,
  top: i32,
  left: i32,
): void {
  if (channels == 1 && !dx)
    return oneChannel(dy, points, sums, begin, scratch, outChannels, outHeight, outWidth)
  const rows = tiles(outHeight),
    columns = tiles(outWidth)
  const tileBytes = <usize>outChannels * PLANE
  const temporary = scratch + <usize>(group * columns) * tileBytes
  if (dx) memory.fill(dx, 0, (<usize>(channels * height * width)) << SHIFT)
  const bias = biasSums(sums, channels, outChannels, begin)
  for (let first = 0; first < rows; first += group) {
    const last = min(rows, first + group)
    let tile = scratch
    for (let row = first; row < last; row++)
      for (let column = 0; column < columns; column++) {
        gradientTile(
          dy,
          tile,
          bias,
          temporary,
          outChannels,
          outHeight,
          outWidth,
          row * SIDE,
          column * SIDE,
        )
        if (dx)
          inputGradientTile(
            tile,
            w,
            dx,
            temporary,
            channels,
            outChannels,
            height,
            width,
            row * SIDE - top,
            column * SIDE - left,
          )
        tile += tileBytes
      }
    addProducts(
      points + <usize>(first * columns * channels) * PLANE,
      scratch,
      (last - first) * columns,
      sums,
      channels,
      outChannels,
      begin && first == 0,
    )
  }
}

/** Transforms the gradient of the outputs to points. Outputs beyond the edge count as 0. */
function gradientTile(
  dy: usize,
  to: usize,
  bias: usize,
  temporary: usize,
  outChannels: i32,
  outHeight: i32,
  outWidth: i32,
  row: i32,
  column: i32,
): void {
  for (let o = 0; o < outChannels; o++)
    for (let half: usize = 0; half < BLOCK_BYTES; half += VECTOR_BYTES) {
      gradientLines(dy + half, temporary, bias, o, outHeight, outWidth, row, column)
      let at = to + <usize>o * PLANE + half
      for (let y = temporary; y < temporary + 8 * VECTOR_BYTES; y += VECTOR_BYTES) {
        outputGradientLine(
          load0(y),
          load0(y + 8 * VECTOR_BYTES),
          load0(y + 16 * VECTOR_BYTES),
          load0(y + 24 * VECTOR_BYTES),
          at,
          LINE,
        )
        at += BLOCK_BYTES
      }
    }
}

/** Returns the address of the sums of the bias, and sets the sums to 0 if they start anew. */
function biasSums(sums: usize, channels: i32, outChannels: i32, begin: bool): usize {
  const row = <usize>((outChannels + 3) & ~3) * VECTOR_BYTES
  const bias = sums + <usize>(POINTS_PER_SIDE * POINTS_PER_SIDE * channels) * row
  if (begin) memory.fill(bias, 0, row)
  return bias
}

/** Makes the first transform, along the rows, and sums the gradient of the bias. */
// @ts-ignore: decorator
@inline
function gradientLines(
  dy: usize,
  to: usize,
  bias: usize,
  o: i32,
  outHeight: i32,
  outWidth: i32,
  row: i32,
  column: i32,
): void {
  const rows = min(SIDE, outHeight - row),
    columns = min(SIDE, outWidth - column)
  const zero = splat(0)
  let from = dy + ((<usize>((o * outHeight + row) * outWidth + column)) << SHIFT)
  let line = to
  let sum = load0(bias + <usize>o * VECTOR_BYTES)
  for (let i = 0; i < SIDE; i++) {
    if (i < rows) {
      const y0 = load0(from),
        y1 = columns > 1 ? load0(from + BLOCK_BYTES) : zero
      const y2 = columns > 2 ? load0(from + 2 * BLOCK_BYTES) : zero,
        y3 = columns > 3 ? load0(from + 3 * BLOCK_BYTES) : zero
      sum = vadd(sum, vadd(vadd(y0, y1), vadd(y2, y3)))
      outputGradientLine(y0, y1, y2, y3, line, VECTOR_BYTES)
    } else
      for (let at: usize = 0; at < 8 * VECTOR_BYTES; at += VECTOR_BYTES) store0(line + at, zero)
    from += (<usize>outWidth) << SHIFT
    line += 8 * VECTOR_BYTES
  }
  store0(bias + <usize>o * VECTOR_BYTES, sum)
}

/**
 * Handles the first layer, with one channel: the points of the gradient are added up at once.
 */
function oneChannel(
  dy: usize,
  points: usize,
  sums: usize,
  begin: bool,
  temporary: usize,
  outChannels: i32,
  outHeight: i32,
  outWidth: i32,
): void {
  const sumPoint: usize = <usize>((outChannels + 3) & ~3) * VECTOR_BYTES
  if (begin) memory.fill(sums, 0, <usize>(POINTS_PER_SIDE * POINTS_PER_SIDE) * sumPoint)
  const bias = biasSums(sums, 1, outChannels, begin)
  let tile = points
  for (let row = 0; row < outHeight; row += SIDE)
    for (let column = 0; column < outWidth; column += SIDE) {
      for (let o = 0; o < outChannels; o++)
        for (let half: usize = 0; half < BLOCK_BYTES; half += VECTOR_BYTES) {
          gradientLines(dy + half, temporary, bias, o, outHeight, outWidth, row, column)
          let x = tile + half,
            to = sums + <usize>o * VECTOR_BYTES
          for (let y = temporary; y < temporary + 8 * VECTOR_BYTES; y += VECTOR_BYTES) {
            addProductLine(
              load0(y),
              load0(y + 8 * VECTOR_BYTES),
              load0(y + 16 * VECTOR_BYTES),
              load0(y + 24 * VECTOR_BYTES),
              x,
              LINE,
              to,
              <usize>POINTS_PER_SIDE * sumPoint,
            )
            x += BLOCK_BYTES
            to += sumPoint
          }
        }
      tile += PLANE
    }
}

/** Adds a tile's part of the input's gradient to the whole gradient. */
function inputGradientTile(
  tile: usize,
  w: usize,
  dx: usize,
  scratch: usize,
  channels: i32,
  outChannels: i32,
  height: i32,
  width: i32,
  row: i32,
  column: i32,
): void {
  const weightRow = rowBytes(outChannels)
  const products = scratch,
    lines = scratch + <usize>(channels + 2) * LINE,
    temporary = lines + <usize>(channels * POINTS_PER_SIDE) * LINE
  let y = tile,
    weights = w
  for (let i: usize = 0; i < <usize>POINTS_PER_SIDE; i++) {
    for (let j: usize = 0; j < <usize>POINTS_PER_SIDE; j++) {
      let to = products + (j << SHIFT)
      for (let c = 0; c < channels;) {
        const many = tileOf(channels - c)
        if (many == 4) product(4, y, weights + <usize>c * weightRow, weightRow, to, outChannels)
        else product(3, y, weights + <usize>c * weightRow, weightRow, to, outChannels)
        to += <usize>many * LINE
        c += many
      }
      y += BLOCK_BYTES
      weights += <usize>channels * weightRow
    }
    for (let c: usize = 0; c < <usize>channels; c++)
      for (let half: usize = 0; half < BLOCK_BYTES; half += VECTOR_BYTES) {
        inputGradientLine(
          products + c * LINE + half,
          BLOCK_BYTES,
          lines + (c * POINTS_PER_SIDE + i) * LINE + half,
          BLOCK_BYTES,
        )
      }
  }
  const rowFrom = max(0, -row),
    rowTo = min(POINTS_PER_SIDE, height - row)
  const columnFrom = max(0, -column),
    columnTo = min(POINTS_PER_SIDE, width - column)
  for (let c = 0; c < channels; c++)
    for (let j = columnFrom; j < columnTo; j++)
      for (let half: usize = 0; half < BLOCK_BYTES; half += VECTOR_BYTES) {
        inputGradientLine(
          lines + <usize>(c * POINTS_PER_SIDE) * LINE + ((<usize>j) << SHIFT) + half,
          LINE,
          temporary,
          VECTOR_BYTES,
        )
        let to = dx + ((<usize>((c * height + row + rowFrom) * width + column + j)) << SHIFT) + half
        for (let i = rowFrom; i < rowTo; i++) {
          store0(to, vadd(load0(to), load0(temporary + <usize>i * VECTOR_BYTES)))
          to += (<usize>width) << SHIFT
        }
      }
}

/** Sums over output channels, for 4 or 3 channels. */
// @ts-ignore: decorator
@inline
function product(
  many: i32,
  y: usize,
  weights: usize,
  weightRow: usize,
  to: usize,
  outChannels: i32,
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
  let p = y
  // A tile may read rows of channels that do not exist and discards their sums. The memory after
  // the last channel can be read.
  let w0 = weights,
    w1 = w0 + weightRow,
    w2 = w1 + weightRow,
    w3 = w2 + weightRow
  for (const end = w0 + ((<usize>outChannels) << 2); w0 < end; w0 += 4) {
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
    if (many > 3) {
      const s3 = loadSplat(w3)
      a30 = vmadd(d0, s3, a30)
      a31 = vmadd(d1, s3, a31)
    }
    p += PLANE
    w1 += 4
    w2 += 4
    if (many > 3) w3 += 4
  }
  // There is room after the last channel.
  storeTile(to, LINE, many, many, a00, a01, a10, a11, a20, a21, a30, a31)
}
