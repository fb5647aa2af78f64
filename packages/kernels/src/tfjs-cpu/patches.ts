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
  return new Float32Array(chunks.reduce((most, { positions }) => Math.max(most, positions), 0) * patchSize(info))
}

/**
 * Copies what each position of a chunk sees of the image, zeros beyond its edges (im2col).
 *
 * @param x [n, height, width, channels]
 * @param patches [position, patch]
 */
export function gatherPatches(info: ConvInfo, chunk: Chunk, x: Float32Array, patches: Float32Array): void {
  walkPatches(info, chunk, (patch, length, from, to, pixel) => {
    for (let i = 0; i < from; i++) patches[patch + i] = 0
    for (let i = from; i < to; i++) patches[patch + i] = x[pixel + i]!
    for (let i = Math.max(from, to); i < length; i++) patches[patch + i] = 0
  })
}

/** Adds patches back to the pixels that they would be gathered from (col2im). */
export function scatterPatches(info: ConvInfo, chunk: Chunk, patches: Float32Array, x: Float32Array): void {
  walkPatches(info, chunk, (patch, _length, from, to, pixel) => {
    for (let i = from; i < to; i++) x[pixel + i]! += patches[patch + i]!
  })
}

/**
 * Calls for every kernel row of every position. Numbers `from` … `to − 1` of the `length` at `patch` lie within the
 * image, number i at `pixel` + i.
 */
function walkPatches(
  info: ConvInfo, { image, fromRow, toRow }: Chunk,
  visit: (patch: number, length: number, from: number, to: number, pixel: number) => void,
): void {
  const { inHeight, inWidth, inChannels: channels, outWidth, filterHeight, filterWidth, strideHeight, strideWidth } = info
  const { top, left } = info.padInfo
  const length = filterWidth * channels
  let patch = 0
  for (let row = fromRow; row < toRow; row++) {
    for (let column = 0; column < outWidth; column++) {
      const x = column * strideWidth - left
      const from = Math.max(0, -x) * channels
      const to = Math.min(filterWidth, inWidth - x) * channels
      for (let kernelRow = 0; kernelRow < filterHeight; kernelRow++, patch += length) {
        const y = row * strideHeight - top + kernelRow
        const pixel = ((image * inHeight + y) * inWidth + x) * channels
        if (y >= 0 && y < inHeight && from < to) visit(patch, length, from, to, pixel)
        else visit(patch, length, 0, 0, 0)
      }
    }
  }
}
