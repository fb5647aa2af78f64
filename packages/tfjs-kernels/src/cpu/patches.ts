import type { backend_util } from '@tensorflow/tfjs-core'

export type ConvInfo = backend_util.Conv2DInfo

/** Some rows of the outputs of one image. Their patches stay in the cache. */
export interface Chunk {
  readonly image: number
  readonly fromRow: number
  readonly toRow: number
  /** Of the outputs, row after row. */
  readonly positions: number
}

const CHUNK_SIZE = 1 << 16

/** How many numbers one position's patch has: [kernel row][kernel column][input channel]. */
export function patchSize({ filterHeight, filterWidth, inChannels }: ConvInfo): number {
  return filterHeight * filterWidth * inChannels
}

/** All outputs of a convolution, a chunk at a time. */
export function chunksOf(info: ConvInfo): Chunk[] {
  const { batchSize, outHeight, outWidth } = info
  const rows = Math.max(1, Math.floor(CHUNK_SIZE / (outWidth * patchSize(info))))
  const chunks: Chunk[] = []
  for (let image = 0; image < batchSize; image++) {
    for (let fromRow = 0; fromRow < outHeight; fromRow += rows) {
      const toRow = Math.min(outHeight, fromRow + rows)
      chunks.push({ image, fromRow, toRow, positions: (toRow - fromRow) * outWidth })
    }
  }
  return chunks
}

/** Room for the patches of the largest chunk. */
export function createPatches(info: ConvInfo, chunks: readonly Chunk[]): Float32Array {
  return new Float32Array(
    chunks.reduce((most, { positions }) => Math.max(most, positions), 0) * patchSize(info),
  )
}

/**
 * Copies what each position of a chunk sees of the image, zeros beyond its edges (im2col).
 *
 * @param x [n, height, width, channels]
 * @param patches [position, patch]
 */
export function gatherPatches(
  info: ConvInfo,
  chunk: Chunk,
  x: Float32Array,
  patches: Float32Array,
): void {
  const { outWidth, start, step, length, lineLength, taps } = lineGeometry(info)
  for (
    let row = chunk.fromRow, firstPatch = 0;
    row < chunk.toRow;
    row++, firstPatch += outWidth * taps
  ) {
    for (let kernelRow = 0; kernelRow < info.filterHeight; kernelRow++) {
      const line = lineOf(info, chunk, row, kernelRow)
      let to = firstPatch + kernelRow * length
      for (let column = 0, from = start; column < outWidth; column++, from += step, to += taps) {
        if (line >= 0 && from >= 0 && from + length <= lineLength)
          for (let i = 0, p = line + from; i < length; i++) patches[to + i] = x[p + i]!
        else
          for (let i = 0, at = from; i < length; i++, at++)
            patches[to + i] = line >= 0 && at >= 0 && at < lineLength ? x[line + at]! : 0
      }
    }
  }
}

/** Adds patches to the pixels that they would be gathered from (col2im). */
export function scatterPatches(
  info: ConvInfo,
  chunk: Chunk,
  patches: Float32Array,
  x: Float32Array,
): void {
  const { outWidth, start, step, length, lineLength, taps } = lineGeometry(info)
  for (
    let row = chunk.fromRow, firstPatch = 0;
    row < chunk.toRow;
    row++, firstPatch += outWidth * taps
  ) {
    for (let kernelRow = 0; kernelRow < info.filterHeight; kernelRow++) {
      const line = lineOf(info, chunk, row, kernelRow)
      if (line < 0) continue
      let to = firstPatch + kernelRow * length
      for (let column = 0, from = start; column < outWidth; column++, from += step, to += taps) {
        const end = Math.min(length, lineLength - from)
        for (let i = Math.max(0, -from), p = line + from; i < end; i++)
          x[p + i]! += patches[to + i]!
      }
    }
  }
}

/** In numbers, a pixel having one for each channel: where the first window starts in a line, how far the next is, how wide they are. */
function lineGeometry(info: ConvInfo) {
  const { inWidth, inChannels, outWidth, filterWidth, strideWidth, padInfo } = info
  return {
    outWidth,
    start: -padInfo.left * inChannels,
    step: strideWidth * inChannels,
    length: filterWidth * inChannels,
    lineLength: inWidth * inChannels,
    taps: patchSize(info),
  }
}

/** Index of the first number of the image's line that a kernel's row falls on; −1 for one above or below the image. */
function lineOf(
  { inHeight, inWidth, inChannels, strideHeight, padInfo }: ConvInfo,
  { image }: Chunk,
  row: number,
  kernelRow: number,
): number {
  const y = row * strideHeight - padInfo.top + kernelRow
  return y >= 0 && y < inHeight ? (image * inHeight + y) * inWidth * inChannels : -1
}
