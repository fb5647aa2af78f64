// Reads what IDX files of datasets mean. MNIST's own files have images of uint8 [count, height,
// width] and labels of uint8 [count]; programs and other datasets write the same in other ways.
import { type ClassIndices, classIndices, MAX_CLASSES, sizeOf } from '@mnist-lab/core'
import { DataError } from './data-error.js'
import type { IdxArray } from './idx.js'

/**
 * QMNIST's labels are int32 [count, 8]: the class, and seven facts about the writer and the source
 * (Yadav and Bottou, "Cold case: the lost MNIST digits", 2019).
 */
const QMNIST_COLUMNS = 8

/** The pixels of a dataset. */
interface ImageBytes {
  /** [count, height, width, channels], 0 to 255 */
  readonly images: Uint8Array
  readonly shape: readonly [count: number, height: number, width: number, channels: number]
}

/**
 * Returns the images of an IDX file as bytes. They share its memory if it holds bytes.
 *
 * @param array [count, height, width], [count, height, width, channels], or [count, pixels] of
 *   square images. Whole numbers from 0 to 255 of any type, or floats from 0 to 1, which are
 *   rounded to multiples of 1/255
 * @param labels the other file, to notice when the two were swapped
 * @throws DataError when the shape or the values can mean something else
 */
export function imagesFromIdx(name: string, array: IdxArray, labels: IdxArray): ImageBytes {
  const expected = 'images of uint8 [count, height, width]'
  const shape = imageShape(array.shape)
  if (shape === undefined) {
    throw new DataError({
      where: name,
      expected,
      got: describe(array),
      hint: hintForImages(array, labels),
    })
  }
  if (array.data.length === 0) {
    throw new DataError({
      where: name,
      expected: 'one image or more',
      got: describe(array),
      hint: 'use another file',
    })
  }
  if (array.type === 'uint8') return { images: array.data, shape }
  const [least, most] = range(array.data)
  const float = array.type === 'float32' || array.type === 'float64'
  const pixels = sizeOf(shape) / shape[0]
  if (float && least >= 0 && most <= 1)
    return { images: Uint8Array.from(array.data, (value) => Math.round(value * 255)), shape }
  const stray = array.data.findIndex((value) => !isByte(value))
  if (stray === -1) return { images: Uint8Array.from(array.data), shape }
  throw new DataError({
    where: name,
    what: `pixel ${stray % pixels} of image ${Math.floor(stray / pixels)}`,
    expected: `a whole number from 0 to 255${float ? ', or all pixels from 0 to 1' : ''}`,
    got: `${array.data[stray]}`,
    hint: 'store the images as uint8 before they are normalised',
  })
}

/**
 * Returns the class of each image.
 *
 * @param array whole numbers of any type, [count] or [count, 1], or QMNIST's int32 [count, 8]
 * @param named how many classes have names. Default: any number up to `MAX_CLASSES`
 * @throws DataError when the shape can mean something else, or a label is not a class
 */
export function labelsFromIdx(name: string, array: IdxArray, named = MAX_CLASSES): ClassIndices {
  const [count, columns = 1, ...more] = array.shape as [number, ...number[]]
  const qmnist = array.type === 'int32' && columns === QMNIST_COLUMNS
  if (more.length > 0 || !(columns === 1 || qmnist)) {
    throw new DataError({
      where: name,
      expected: 'labels of uint8 [count]',
      got: describe(array),
      hint:
        more.length > 0
          ? 'pass the labels file, which has one number for each image'
          : 'store the index of the class of each image, one number for each image',
    })
  }
  const { data } = array
  const classes = Math.min(named, MAX_CLASSES)
  let largest = 0
  for (let i = 0; i < count; i++) {
    const label = data[i * columns]!
    if (Number.isInteger(label) && label >= 0 && label < classes) {
      largest = Math.max(largest, label)
      continue
    }
    throw new DataError({
      where: name,
      what: `label of sample ${i}`,
      expected: `a whole number from 0 to ${classes - 1}`,
      got: `${label}`,
      hint:
        classes < MAX_CLASSES
          ? 'pass the names of all classes, or use another labels file'
          : 'number the classes from 0, or use another labels file',
    })
  }
  if (array.type === 'uint8') return array.data
  const labels = classIndices(count, largest + 1)
  for (let i = 0; i < count; i++) labels[i] = data[i * columns]!
  return labels
}

/** Returns the largest label, or −1 if there is none. */
export function largestLabel(labels: ClassIndices): number {
  let largest = -1
  for (const label of labels) largest = Math.max(largest, label)
  return largest
}

function imageShape(shape: readonly number[]): ImageBytes['shape'] | undefined {
  const [count, height, width, channels = 1] = shape as [number, number, number, number?]
  if (shape.length === 3 || shape.length === 4) return [count, height, width, channels]
  const side = Math.sqrt(height)
  // A column of labels is square too, but an image of one pixel shows nothing.
  return shape.length === 2 && Number.isInteger(side) && side > 1
    ? [count, side, side, 1]
    : undefined
}

function hintForImages({ shape }: IdxArray, labels: IdxArray): string {
  if (shape.length === 1 || (shape.length === 2 && shape[1] === 1)) {
    return labels.shape.length >= 2
      ? 'pass the images file first, then the labels file'
      : 'pass the images file, this one looks like labels'
  }
  return shape.length === 2
    ? `store images of ${shape[1]} pixels, which are not square, as [count, height, width]`
    : 'store the images as [count, height, width] or [count, height, width, channels]'
}

function range(data: IdxArray['data']): [number, number] {
  let [least, most] = [Infinity, -Infinity]
  for (const value of data) {
    if (Number.isNaN(value)) return [Number.NaN, Number.NaN]
    least = Math.min(least, value)
    most = Math.max(most, value)
  }
  return [least, most]
}

function isByte(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 255
}

function describe({ type, shape }: IdxArray): string {
  return `${type} [${shape.join(', ')}]`
}
