import { rowBytes } from '../convolution/forward'
import { Optimizer, updateVector } from '../sgd'
import { POINTS_PER_SIDE } from './forward'
import { filterGradientLine, filterLine } from './lines'
import { VECTOR_BYTES, Vector, load0, store0, sumsOf, vadd } from 'lanes'

/** Bytes of a line of points, with a vector for each. */
// @ts-ignore: decorator
@inline
const VECTORS: usize = <usize>POINTS_PER_SIDE * VECTOR_BYTES

/** Says how many output channels a vector holds. */
// @ts-ignore: decorator
@inline
const LANES: i32 = <i32>(VECTOR_BYTES >> 2)

/**
 * Adds up the gradients of a filter and its bias over the chunks, makes their SGD step, and
 * transforms the new filter to points, for output channels `from` to `to`.
 *
 * @param sums one for each chunk of the batch, as `winogradBackward` writes them
 * @param w [channel][kernel row][kernel column][output channel]
 * @param scratch 129 vectors
 */
export function winogradUpdate(
  sums: usize,
  sumChunk: usize,
  w: usize,
  v: usize,
  points: usize,
  bias: usize,
  biasV: usize,
  scratch: usize,
  optimizer: Optimizer,
  chunks: i32,
  channels: i32,
  outChannels: i32,
  from: i32,
  to: i32,
): void {
  const padded = (outChannels + 3) & ~3
  const weightRow: usize = (<usize>padded) << 2
  const temporary = scratch + 8 * VECTORS,
    taps = temporary + 5 * VECTORS
  for (let c = 0; c < channels; c++)
    for (let o = from; o < to; o += LANES) {
      let at = sums + <usize>(c * padded + o) * VECTOR_BYTES
      for (let m = scratch; m < temporary; m += VECTOR_BYTES) {
        store0(m, overChunks(at, sumChunk, chunks))
        at += <usize>(channels * padded) * VECTOR_BYTES
      }
      for (let i: usize = 0; i < 8; i++)
        filterGradientLine(
          scratch + i * VECTORS,
          VECTOR_BYTES,
          temporary + i * VECTOR_BYTES,
          VECTORS,
        )
      for (let kx: usize = 0; kx < 5; kx++)
        filterGradientLine(
          temporary + kx * VECTORS,
          VECTOR_BYTES,
          taps + kx * VECTOR_BYTES,
          5 * VECTOR_BYTES,
        )
      const filter = <usize>c * 25 * weightRow + ((<usize>o) << 2)
      for (let tap: usize = 0; tap < 25; tap++) {
        updateVector(
          w + filter + tap * weightRow,
          v + filter + tap * weightRow,
          load0(taps + tap * VECTOR_BYTES),
          optimizer,
        )
      }
      filterPoints(
        w + filter,
        weightRow,
        points + <usize>c * weightRow + ((<usize>o) << 2),
        <usize>channels * weightRow,
        scratch,
      )
    }
  for (let o = from; o < to; o += LANES) {
    const gradient = overChunks(
      sums + <usize>(POINTS_PER_SIDE * POINTS_PER_SIDE * channels * padded + o) * VECTOR_BYTES,
      sumChunk,
      chunks,
    )
    updateVector(bias + ((<usize>o) << 2), biasV + ((<usize>o) << 2), gradient, optimizer)
  }
}

// @ts-ignore: decorator

@inline
function overChunks(at: usize, sumChunk: usize, chunks: i32): Vector {
  let sum = sumsOf(at)
  for (let chunk = 1; chunk < chunks; chunk++) sum = vadd(sum, sumsOf(at + <usize>chunk * sumChunk))
  return sum
}

/**
 * Transforms a filter that was loaded to points. `winogradUpdate` keeps the points up to date.
 *
 * @param scratch 40 vectors
 */
export function winogradFilter(
  w: usize,
  points: usize,
  scratch: usize,
  channels: i32,
  outChannels: i32,
): void {
  const weightRow = rowBytes(outChannels)
  for (let c = 0; c < channels; c++)
    for (let o: usize = 0; o < weightRow; o += VECTOR_BYTES) {
      filterPoints(
        w + <usize>(c * 25) * weightRow + o,
        weightRow,
        points + <usize>c * weightRow + o,
        <usize>channels * weightRow,
        scratch,
      )
    }
}

function filterPoints(w: usize, weightRow: usize, to: usize, point: usize, lines: usize): void {
  for (let row: usize = 0; row < 5; row++)
    filterLine(w + row * 5 * weightRow, weightRow, lines + row * VECTORS, VECTOR_BYTES)
  for (let j: usize = 0; j < 8; j++)
    filterLine(lines + j * VECTOR_BYTES, VECTORS, to + j * point, 8 * point)
}
