import { type ClassIndices, createStream, permutation, sizeOf } from '@mnist-lab/core'
import { DataError } from './data-error.js'
import { imagesFromIdx, labelsFromIdx, largestLabel } from './idx-content.js'
import type { IdxArray } from './idx.js'

/** Labelled images. They stay bytes, and are normalised only while a batch is written. */
export interface Dataset {
  /** For errors and reports, e.g. `mnist/train`. */
  readonly name: string
  /** [count, height, width, channels], 0 to 255 */
  readonly images: Uint8Array
  /** [count], indices into `classNames` */
  readonly labels: ClassIndices
  readonly count: number
  /** [height, width, channels] of one image */
  readonly shape: readonly [number, number, number]
  readonly classNames: readonly string[]
}

/** A selection of a dataset's samples in any order, without a copy of the images. */
export interface DatasetView {
  readonly name: string
  readonly dataset: Dataset
  /** [count], sample i of the view is sample `indices[i]` of the dataset. */
  readonly indices: Uint32Array
  readonly count: number
  readonly shape: readonly [number, number, number]
  readonly classNames: readonly string[]
}

/** Samples that batches are taken from: a dataset or a view of one. */
export type Samples = Dataset | DatasetView

/** Returns the names of classes that have none of their own: `0`, `1`, `2`, … */
export function numberedClasses(classes: number): string[] {
  return Array.from({ length: classes }, (_, label) => String(label))
}

/**
 * Makes a dataset from an images file and a labels file. The dataset shares the memory of those
 * that hold uint8.
 *
 * @param images [count, height, width], [count, height, width, channels], or [count, pixels] of
 *   square images. Whole numbers from 0 to 255 of any type, or floats from 0 to 1, which are
 *   rounded to multiples of 1/255
 * @param labels whole numbers of any type, [count] or [count, 1], or QMNIST's int32 [count, 8]
 * @param options.classNames one name per class. Default: the numbers from 0 to the largest label
 * @throws DataError when types, dimensions or counts disagree, or a label has no class name or is
 *   not below `MAX_CLASSES`
 */
export function datasetFromIdx(
  name: string,
  images: IdxArray,
  labels: IdxArray,
  options: { readonly classNames?: readonly string[] } = {},
): Dataset {
  const { images: bytes, shape } = imagesFromIdx(name, images, labels)
  const [count, ...imageShape] = shape
  const classes = labelsFromIdx(name, labels, options.classNames?.length)
  if (classes.length !== count) {
    throw new DataError({
      where: name,
      expected: `${count} labels, one for each image`,
      got: `${classes.length}`,
      hint: 'use the images and the labels of the same split',
    })
  }
  const classNames = options.classNames ?? classNamesOf([classes])
  return { name, images: bytes, labels: classes, count, shape: imageShape, classNames }
}

/**
 * Returns the names of the classes that labels show, from 0 to the largest of all of them. There
 * are at least two, because a classifier tells one class from another.
 */
export function classNamesOf(labels: readonly ClassIndices[]): string[] {
  return numberedClasses(Math.max(1, ...labels.map((some) => largestLabel(some))) + 1)
}

/**
 * Returns samples `from` … `to − 1` as a dataset that shares the memory of this one.
 *
 * @throws DataError when that range is empty or not within the dataset
 */
export function subset(dataset: Dataset, from: number, to: number): Dataset {
  if (
    !Number.isInteger(from) ||
    !Number.isInteger(to) ||
    from < 0 ||
    from >= to ||
    to > dataset.count
  ) {
    throw new DataError({
      where: dataset.name,
      what: 'subset',
      expected: `a range within 0 to ${dataset.count}`,
      got: `${from} to ${to}`,
      hint: 'choose a range with at least one sample',
    })
  }
  if (from === 0 && to === dataset.count) return dataset
  const pixels = sizeOf(dataset.shape)
  const images = dataset.images.subarray(from * pixels, to * pixels)
  return { ...dataset, images, labels: dataset.labels.subarray(from, to), count: to - from }
}

/**
 * Returns the first `count` samples as a dataset that shares the memory of this one.
 *
 * @throws DataError when the dataset has fewer samples, or `count` is not a positive integer
 */
export function take(dataset: Dataset, count: number): Dataset {
  if (!Number.isInteger(count) || count < 1 || count > dataset.count) {
    throw new DataError({
      where: dataset.name,
      what: 'number of samples',
      expected: `1 to ${dataset.count}`,
      got: `${count}`,
      hint: 'choose a number in this range',
    })
  }
  return subset(dataset, 0, count)
}

/**
 * Returns a view of the samples at these indices.
 *
 * @param indices [n]; the view keeps this array and does not copy it
 * @throws RangeError when an index is not below the dataset's count
 */
export function datasetView(
  dataset: Dataset,
  indices: Uint32Array,
  name = dataset.name,
): DatasetView {
  const stray = indices.find((index) => index >= dataset.count)
  if (stray !== undefined)
    throw new RangeError(
      `${dataset.name}: sample ${stray} does not exist, there are ${dataset.count}`,
    )
  return {
    name,
    dataset,
    indices,
    count: indices.length,
    shape: dataset.shape,
    classNames: dataset.classNames,
  }
}

/**
 * Divides a dataset into two parts at random, the same way for the same seed. Each part keeps the
 * dataset's order.
 *
 * @param fraction of the samples that go to the first part, in (0, 1)
 * @throws DataError when a part would be empty
 */
export function split(
  dataset: Dataset,
  fraction: number,
  seed: number,
): [DatasetView, DatasetView] {
  const first = Math.round(dataset.count * fraction)
  if (!(first >= 1 && first < dataset.count)) {
    throw new DataError({
      where: dataset.name,
      what: `split of ${dataset.count} samples`,
      expected: 'a fraction that gives each part at least one sample',
      got: `${fraction}`,
      hint: 'choose one between 0 and 1',
    })
  }
  const order = permutation(createStream(seed, 'split'), dataset.count)
  return [
    datasetView(dataset, order.slice(0, first).sort(), `${dataset.name}[${first}]`),
    datasetView(dataset, order.slice(first).sort(), `${dataset.name}[${dataset.count - first}]`),
  ]
}
