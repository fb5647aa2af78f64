import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
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
  expect(() => datasetFromIdx('d', ...pair([1, 2], [9, 10]))).toThrow(
    'd: label of sample 1, expected 0 to 9, got 10; pass the names',
  )
})

test('files given in the wrong order, of another type, or empty are refused', () => {
  const [images, labels] = pair([1], [1])
  expect(() => datasetFromIdx('d', labels, images)).toThrow(
    'd: expected images of uint8 [count, height, width], got uint8 [1]; pass',
  )
  expect(() =>
    datasetFromIdx('d', images, { type: 'int32', shape: [1, 8], data: new Int32Array(8) }),
  ).toThrow('got int32 [1, 8]')
  expect(() => datasetFromIdx('d', ...pair([], []))).toThrow('d: expected one image or more')
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
