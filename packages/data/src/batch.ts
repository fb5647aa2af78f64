import { type ClassIndices, createStream, permutation, sizeOf } from '@mnist-lab/core'
import type { Dataset, Samples } from './dataset.js'

/**
 * Returns the order of the samples in one epoch, which is a function of its arguments alone.
 *
 * @param seed integer in [0, 2⁵³)
 * @param epoch from 1
 * @returns [count], a permutation of 0 … count − 1
 */
export function epochOrder(count: number, seed: number, epoch: number): Uint32Array {
  return permutation(createStream(seed, 'order', epoch), count)
}

/** Returns the order in which the samples are stored: 0 … count − 1. */
export function fileOrder(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, i) => i)
}

/** A batch of samples. Their images are written straight into the memory of a backend. */
export interface SampleBatch {
  readonly size: number
  /** [size], class indices */
  readonly labels: ClassIndices
  /** The number of bytes of one image. */
  readonly pixels: number
  /**
   * Writes the images into the first `size · height · width · channels` elements of `target`, each
   * byte p as `table[p]`.
   *
   * @param table 256 values. Default: p / 255
   * @throws RangeError when `target` is too short
   */
  writeImages(target: Float32Array, table?: Float32Array): void
  /**
   * Copies the images' bytes as they are into the first `size · height · width · channels` elements
   * of `target`.
   *
   * @throws RangeError when `target` is too short
   */
  copyImages(target: Uint8Array): void
}

const UNIT_TABLE = Float32Array.from({ length: 256 }, (_, byte) => byte / 255)

/**
 * Returns the batch of the samples at these indices.
 *
 * @param indices of the samples, in the batch's order
 * @throws RangeError when an index is not below the number of samples
 */
export function batchAt(samples: Samples, indices: Uint32Array): SampleBatch {
  const { dataset, rows } = resolve(samples, indices)
  return {
    size: rows.length,
    labels: labelsAt(dataset, rows),
    pixels: sizeOf(dataset.shape),
    writeImages: (target, table = UNIT_TABLE) => writeRows(dataset, rows, target, table),
    copyImages: (target) => copyRows(dataset, rows, target),
  }
}

/**
 * Yields the batches of an order, one after the other. The last batch is shorter when the batch
 * size does not divide the number of samples.
 *
 * @param order indices of samples, see `epochOrder` and `fileOrder`
 */
export function* batches(
  samples: Samples,
  order: Uint32Array,
  batchSize: number,
): Generator<SampleBatch, void, void> {
  if (!Number.isInteger(batchSize) || batchSize < 1)
    throw new RangeError(`batch size: expected a positive integer, got ${batchSize}`)
  for (let at = 0; at < order.length; at += batchSize)
    yield batchAt(samples, order.subarray(at, at + batchSize))
}

/**
 * Returns the pixel bytes [to − from, height, width, channels] of samples `from` … `to − 1`. If the
 * samples are a dataset and not a view, this is the dataset's own memory and must not be changed.
 */
export function imagesBetween(samples: Samples, from: number, to: number): Uint8Array {
  const pixels = sizeOf(samples.shape)
  if (!('indices' in samples)) return samples.images.subarray(from * pixels, to * pixels)
  const images = new Uint8Array((to - from) * pixels)
  samples.indices.subarray(from, to).forEach((row, i) => {
    images.set(samples.dataset.images.subarray(row * pixels, (row + 1) * pixels), i * pixels)
  })
  return images
}

/**
 * Returns the class index of every sample, [count]. If the samples are a dataset and not a view,
 * this is the dataset's own memory and must not be changed.
 */
export function labelsOf(samples: Samples): ClassIndices {
  return 'indices' in samples ? labelsAt(samples.dataset, samples.indices) : samples.labels
}

function labelsAt(dataset: Dataset, rows: Uint32Array): ClassIndices {
  const wide = dataset.labels instanceof Uint16Array
  const labels = wide ? new Uint16Array(rows.length) : new Uint8Array(rows.length)
  for (let i = 0; i < rows.length; i++) labels[i] = dataset.labels[rows[i]!]!
  return labels
}

function resolve(samples: Samples, indices: Uint32Array): { dataset: Dataset; rows: Uint32Array } {
  for (let i = 0; i < indices.length; i++) {
    if (indices[i]! >= samples.count)
      throw new RangeError(
        `${samples.name}: sample ${indices[i]} does not exist, there are ${samples.count}`,
      )
  }
  if (!('indices' in samples)) return { dataset: samples, rows: indices }
  return { dataset: samples.dataset, rows: indices.map((index) => samples.indices[index]!) }
}

function writeRows(
  dataset: Dataset,
  rows: Uint32Array,
  target: Float32Array,
  table: Float32Array,
): void {
  const { images } = dataset
  const pixels = pixelsFor(dataset, rows, target)
  let at = 0
  for (let i = 0; i < rows.length; i++) {
    const start = rows[i]! * pixels
    const end = start + pixels
    for (let p = start; p < end; p++) target[at++] = table[images[p]!]!
  }
}

function copyRows(dataset: Dataset, rows: Uint32Array, target: Uint8Array): void {
  const pixels = pixelsFor(dataset, rows, target)
  for (let i = 0; i < rows.length; i++)
    target.set(dataset.images.subarray(rows[i]! * pixels, (rows[i]! + 1) * pixels), i * pixels)
}

/**
 * Returns the number of elements of one image.
 *
 * @throws RangeError when the target has no room for all of them
 */
function pixelsFor(
  { shape }: Dataset,
  rows: Uint32Array,
  target: { readonly length: number },
): number {
  const pixels = sizeOf(shape)
  if (target.length < rows.length * pixels) {
    throw new RangeError(
      `${rows.length} images need ${rows.length * pixels} elements, the target has ${target.length}`,
    )
  }
  return pixels
}
