import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  batchAt,
  batches,
  datasetFromIdx,
  datasetView,
  epochOrder,
  fileOrder,
  type Dataset,
} from '../src/index.js'

const COUNT = 250
/** Image i has pixels i and 255 − i, its label i mod 10. */
const dataset: Dataset = datasetFromIdx(
  'numbers',
  {
    type: 'uint8',
    shape: [COUNT, 1, 2],
    data: Uint8Array.from({ length: 2 * COUNT }, (_, i) =>
      i % 2 === 0 ? i / 2 : 255 - (i - 1) / 2,
    ),
  },
  { type: 'uint8', shape: [COUNT], data: Uint8Array.from({ length: COUNT }, (_, i) => i % 10) },
)

test('a batch writes its images in its order, each byte through the table', () => {
  const batch = batchAt(dataset, Uint32Array.of(7, 0, 13))
  const target = new Float32Array(7).fill(-1)
  batch.writeImages(
    target,
    Float32Array.from({ length: 256 }, (_, byte) => 1000 + byte),
  )
  expect([...target]).toEqual([1007, 1248, 1000, 1255, 1013, 1242, -1])
  expect([...batch.labels]).toEqual([7, 0, 3])
  expect(batch.size).toBe(3)
})

test('a batch copies its bytes in its order', () => {
  const target = new Uint8Array(5).fill(99)
  batchAt(dataset, Uint32Array.of(7, 0)).copyImages(target)
  expect([...target]).toEqual([7, 248, 0, 255, 99])
  expect(() => batchAt(dataset, Uint32Array.of(1, 2)).copyImages(new Uint8Array(3))).toThrow(
    RangeError,
  )
})

test('without a table pixels are in [0, 1]', () => {
  const target = new Float32Array(2)
  batchAt(dataset, Uint32Array.of(0)).writeImages(target)
  expect([...target]).toEqual([0, 1])
})

test('batches of a view go through its indices', () => {
  const target = new Float32Array(4)
  const [batch] = batches(
    datasetView(dataset, Uint32Array.of(30, 20, 10)),
    Uint32Array.of(2, 0, 1),
    2,
  )
  batch!.writeImages(
    target,
    Float32Array.from({ length: 256 }, (_, byte) => byte),
  )
  expect([...target]).toEqual([10, 245, 30, 225])
  expect([...batch!.labels]).toEqual([0, 0])
})

test('a short target, a sample that does not exist and a batch size of 0 throw a RangeError', () => {
  expect(() => batchAt(dataset, Uint32Array.of(1, 2)).writeImages(new Float32Array(3))).toThrow(
    RangeError,
  )
  expect(() => batchAt(dataset, Uint32Array.of(COUNT))).toThrow(RangeError)
  expect(() => [...batches(dataset, fileOrder(3), 0)]).toThrow(RangeError)
})

test('an epoch has every sample once, and its last batch may be shorter', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: COUNT }),
      fc.integer({ min: 1, max: 64 }),
      fc.maxSafeNat(),
      (count, batchSize, seed) => {
        const seen: number[] = []
        const target = new Float32Array(2 * batchSize)
        const table = Float32Array.from({ length: 256 }, (_, byte) => byte)
        const sizes = [...batches(dataset, epochOrder(count, seed, 1), batchSize)].map((batch) => {
          batch.writeImages(target, table)
          for (let i = 0; i < batch.size; i++) seen.push(target[2 * i]!)
          return batch.size
        })
        expect(seen.sort((a, b) => a - b)).toEqual([...fileOrder(count)])
        expect(sizes.slice(0, -1).every((size) => size === batchSize)).toBe(true)
        expect(sizes).toHaveLength(Math.ceil(count / batchSize))
      },
    ),
    { numRuns: 30 },
  )
})

test('the order depends on seed and epoch', () => {
  expect(epochOrder(100, 1, 1)).toEqual(epochOrder(100, 1, 1))
  expect(epochOrder(100, 1, 2)).not.toEqual(epochOrder(100, 1, 1))
  expect(epochOrder(100, 2, 1)).not.toEqual(epochOrder(100, 1, 1))
})
