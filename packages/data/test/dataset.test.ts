import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  batchAt,
  DataError,
  datasetFromIdx,
  datasetView,
  imagesBetween,
  labelsOf,
  split,
  subset,
  take,
  type Dataset,
  type IdxArray,
} from '../src/index.js'

/** Image i is two pixels of value i, its label i mod 10. */
function numbered(count: number): Dataset {
  const images: IdxArray = {
    type: 'uint8',
    shape: [count, 1, 2],
    data: Uint8Array.from({ length: 2 * count }, (_, i) => i >> 1),
  }
  const labels: IdxArray = {
    type: 'uint8',
    shape: [count],
    data: Uint8Array.from({ length: count }, (_, i) => i % 10),
  }
  return datasetFromIdx('numbers', images, labels)
}
const pair = (images: number[], labels: number[]): [IdxArray, IdxArray] => [
  { type: 'uint8', shape: [images.length, 1, 1], data: Uint8Array.from(images) },
  { type: 'uint8', shape: [labels.length], data: Uint8Array.from(labels) },
]

test('a dataset keeps the bytes of its files', () => {
  const [images, labels] = pair([5, 6], [1, 0])
  const dataset = datasetFromIdx('d', images, labels, { classNames: ['cat', 'dog'] })
  expect(dataset).toEqual({
    name: 'd',
    images: images.data,
    labels: labels.data,
    count: 2,
    shape: [1, 1, 1],
    classNames: ['cat', 'dog'],
  })
  expect(dataset.images).toBe(images.data)
})

test('a fourth dimension is channels', () => {
  const images: IdxArray = { type: 'uint8', shape: [1, 2, 2, 3], data: new Uint8Array(12) }
  expect(datasetFromIdx('d', images, pair([0], [0])[1]).shape).toEqual([2, 2, 3])
})

test('counts that disagree are refused', () => {
  expect(() => datasetFromIdx('d', ...pair([1, 2, 3], [0, 1]))).toThrow(
    'd: expected 3 labels, one for each image, got 2; use the images and the labels of the same split',
  )
})

test('a label without a class name is refused, and the error gives its index', () => {
  const classNames = ['cat', 'dog']
  expect(() => datasetFromIdx('d', ...pair([1, 2], [1, 2]), { classNames })).toThrow(
    'd: label of sample 1, expected a whole number from 0 to 1, got 2; pass the names',
  )
})

test.each<[string, number[], number]>([
  ['of one class are two', [0, 0], 2],
  ['0 and 1 are two', [1, 0], 2],
  ['of letters, which begin at 1, are 27', [26, 1], 27],
  ['of 256 classes fit in bytes', [255, 0], 256],
])('the classes follow from the labels: those %s', (_, labels, classes) => {
  const dataset = datasetFromIdx('d', ...pair([1, 2], labels))
  expect(dataset.classNames).toEqual(Array.from({ length: classes }, (_, i) => String(i)))
  expect(dataset.labels).toEqual(Uint8Array.from(labels))
})

test('labels above 255 are kept in 16 bits, in batches and views too', () => {
  const [images] = pair([1, 2, 3], [])
  const wide: IdxArray = { type: 'int32', shape: [3], data: Int32Array.of(256, 65_534, 7) }
  const dataset = datasetFromIdx('d', images, wide)
  expect(dataset.classNames).toHaveLength(65_535)
  expect(dataset.labels).toEqual(Uint16Array.of(256, 65_534, 7))
  const view = datasetView(dataset, Uint32Array.of(1, 2))
  expect(labelsOf(view)).toEqual(Uint16Array.of(65_534, 7))
  expect(batchAt(view, Uint32Array.of(0)).labels).toEqual(Uint16Array.of(65_534))
})

test('files given in the wrong order, of another type, or empty are refused', () => {
  const [images, labels] = pair([1], [1])
  expect(() => datasetFromIdx('d', labels, images)).toThrow(
    'd: expected images of uint8 [count, height, width], got uint8 [1]; pass',
  )
  expect(() =>
    datasetFromIdx('d', images, { type: 'int32', shape: [1, 7], data: new Int32Array(7) }),
  ).toThrow('got int32 [1, 7]')
  expect(() => datasetFromIdx('d', ...pair([], []))).toThrow('d: expected one image or more')
})

/** Two images of 2×2 pixels with labels 3 and 9, as MNIST's files have them. */
const PIXELS = [0, 51, 255, 7, 8, 102, 1, 204]
const IMAGES: IdxArray = { type: 'uint8', shape: [2, 2, 2], data: Uint8Array.from(PIXELS) }
const LABELS: IdxArray = { type: 'uint8', shape: [2], data: Uint8Array.of(3, 9) }

test.each<[string, IdxArray, IdxArray]>([
  ['flat images', { ...IMAGES, shape: [2, 4] }, LABELS],
  ['images of int32', { type: 'int32', shape: [2, 2, 2], data: Int32Array.from(PIXELS) }, LABELS],
  ['images of int16', { type: 'int16', shape: [2, 4], data: Int16Array.from(PIXELS) }, LABELS],
  [
    'images of float32 from 0 to 255',
    { type: 'float32', shape: [2, 2, 2], data: Float32Array.from(PIXELS) },
    LABELS,
  ],
  [
    'images of float32 from 0 to 1',
    { type: 'float32', shape: [2, 2, 2], data: Float32Array.from(PIXELS, (p) => p / 255) },
    LABELS,
  ],
  [
    'images of float64 from 0 to 1, flat',
    { type: 'float64', shape: [2, 4], data: Float64Array.from(PIXELS, (p) => p / 255) },
    LABELS,
  ],
  ['labels of int32', IMAGES, { type: 'int32', shape: [2], data: Int32Array.of(3, 9) }],
  ['labels of int8', IMAGES, { type: 'int8', shape: [2], data: Int8Array.of(3, 9) }],
  ['labels of float64', IMAGES, { type: 'float64', shape: [2], data: Float64Array.of(3, 9) }],
  ['labels in a column', IMAGES, { ...LABELS, shape: [2, 1] }],
  [
    'labels in a column of int32',
    IMAGES,
    { type: 'int32', shape: [2, 1], data: Int32Array.of(3, 9) },
  ],
  [
    'labels of QMNIST',
    IMAGES,
    {
      type: 'int32',
      shape: [2, 8],
      data: Int32Array.of(3, 0, 2433, 33, 4, 3, 96, 0, 9, 4, 55, 60_000, 7, -1, 5, 0),
    },
  ],
])('%s are the same dataset as MNIST’s own form', (_, images, labels) => {
  const { images: bytes, labels: classes, shape, count } = datasetFromIdx('d', images, labels)
  expect([[...bytes], [...classes], shape, count]).toEqual([PIXELS, [3, 9], [2, 2, 1], 2])
})

const floats = (...values: number[]): IdxArray => ({
  type: 'float32',
  shape: [1, 2, 2],
  data: Float32Array.from(values),
})
const ONE_LABEL: IdxArray = { type: 'uint8', shape: [1], data: Uint8Array.of(3) }

test.each<[string, IdxArray, IdxArray, string]>([
  [
    'normalised pixels',
    floats(0, 1, -0.5, 2.8),
    ONE_LABEL,
    'd: pixel 2 of image 0, expected a whole number from 0 to 255, or all pixels from 0 to 1, got -0.5',
  ],
  ['pixels that are no numbers', floats(0, Number.NaN, 1, 0), ONE_LABEL, 'd: pixel 1 of image 0, '],
  [
    'infinite pixels',
    floats(0, Infinity, 1, 0),
    ONE_LABEL,
    'got Infinity; store the images as uint8',
  ],
  [
    'pixels above 255',
    { type: 'int16', shape: [2, 2, 2], data: Int16Array.of(0, 0, 0, 0, 1, 256, 0, 0) },
    LABELS,
    'd: pixel 1 of image 1, expected a whole number from 0 to 255, got 256;',
  ],
  [
    'flat images that are not square',
    { type: 'uint8', shape: [2, 12], data: new Uint8Array(24) },
    LABELS,
    'got uint8 [2, 12]; store images of 12 pixels, which are not square, as [count, height, width]',
  ],
  [
    'two files of labels',
    LABELS,
    LABELS,
    'got uint8 [2]; pass the images file, this one looks like labels',
  ],
  [
    'two files that are swapped, the images flat',
    { ...LABELS, shape: [2, 1] },
    { ...IMAGES, shape: [2, 4] },
    'got uint8 [2, 1]; pass the images file first, then the labels file',
  ],
  [
    'two files of images',
    IMAGES,
    IMAGES,
    'd: expected labels of uint8 [count], got uint8 [2, 2, 2]; pass the labels file, which has one',
  ],
  [
    'labels with a column for each class',
    IMAGES,
    { type: 'uint8', shape: [2, 10], data: new Uint8Array(20) },
    'got uint8 [2, 10]; store the index of the class of each image',
  ],
  [
    'negative labels',
    IMAGES,
    { type: 'int8', shape: [2], data: Int8Array.of(3, -1) },
    'd: label of sample 1, expected a whole number from 0 to 65534, got -1; number the classes',
  ],
  [
    'labels that 16 bits would wrap into a class',
    IMAGES,
    { type: 'int32', shape: [2], data: Int32Array.of(3, 65_535) },
    'd: label of sample 1, expected a whole number from 0 to 65534, got 65535;',
  ],
  [
    'labels between the classes',
    IMAGES,
    { type: 'float32', shape: [2], data: Float32Array.of(3, 0.5) },
    'd: label of sample 1, expected a whole number from 0 to 65534, got 0.5;',
  ],
])('%s are refused with a line that fits', (_, images, labels, message) => {
  expect(() => datasetFromIdx('d', images, labels)).toThrow(DataError)
  expect(() => datasetFromIdx('d', images, labels)).toThrow(message)
})

test('a subset shares the images', () => {
  const dataset = numbered(20)
  const part = subset(dataset, 5, 8)
  expect(part.images).toEqual(Uint8Array.of(5, 5, 6, 6, 7, 7))
  expect(part.images.buffer).toBe(dataset.images.buffer)
  expect([...part.labels]).toEqual([5, 6, 7])
  expect(part.count).toBe(3)
  expect(take(dataset, 20)).toBe(dataset)
})

test.each([
  [0, 0],
  [3, 2],
  [-1, 2],
  [0, 21],
  [0.5, 2],
])('the range %d to %d of 20 samples is refused', (from, to) => {
  expect(() => subset(numbered(20), from, to)).toThrow(DataError)
})

test('taking more samples than there are is refused, not clamped', () => {
  expect(() => take(numbered(20), 21)).toThrow(
    'numbers: number of samples, expected 1 to 20, got 21; choose a number in this range',
  )
  expect(() => take(numbered(20), 0)).toThrow(DataError)
})

test('a split is a partition in file order that depends on the seed alone', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 200 }),
      fc.double({ min: 0.01, max: 0.99, noNaN: true }),
      fc.maxSafeNat(),
      (count, fraction, seed) => {
        fc.pre(Math.round(count * fraction) > 0 && Math.round(count * fraction) < count)
        const [first, second] = split(numbered(count), fraction, seed)
        expect(first.count).toBe(Math.round(count * fraction))
        expect([...first.indices, ...second.indices].sort((a, b) => a - b)).toEqual(
          Array.from({ length: count }, (_, i) => i),
        )
        expect([...first.indices]).toEqual([...first.indices].sort((a, b) => a - b))
        expect(split(numbered(count), fraction, seed)[0].indices).toEqual(first.indices)
      },
    ),
    { numRuns: 50 },
  )
  expect(split(numbered(200), 0.5, 1)[0].indices).not.toEqual(
    split(numbered(200), 0.5, 2)[0].indices,
  )
})

test.each([0, 1, -1, 0.01, NaN])('a split of 20 samples by %d is refused', (fraction) => {
  expect(() => split(numbered(20), fraction, 1)).toThrow(DataError)
})

test('a view shows its samples in its order', () => {
  const view = datasetView(numbered(20), Uint32Array.of(12, 3))
  expect(imagesBetween(view, 0, 2)).toEqual(Uint8Array.of(12, 12, 3, 3))
  expect([...labelsOf(view)]).toEqual([2, 3])
  expect(imagesBetween(numbered(20), 3, 4)).toEqual(Uint8Array.of(3, 3))
  expect(() => datasetView(numbered(2), Uint32Array.of(2))).toThrow(RangeError)
})
