import { datasetFromIdx, type IdxArray, readIdx, writeIdx } from '@mnist-lab/data'
import { checkSame } from '../json-input.js'
import type { Target } from '../target.js'

const bytesOf = (...shape: number[]): IdxArray => ({
  type: 'uint8',
  shape,
  data: new Uint8Array(shape.reduce((product, size) => product * size, 1)),
})

const SEEDS: readonly IdxArray[] = [
  bytesOf(3),
  bytesOf(3, 1),
  bytesOf(3, 4, 5),
  bytesOf(2, 4, 4, 3),
  bytesOf(2, 16),
  bytesOf(0),
  { type: 'int8', shape: [3], data: Int8Array.of(-1, 0, 1) },
  { type: 'int16', shape: [2, 2], data: Int16Array.of(-1, 0, 1, 300) },
  { type: 'int32', shape: [2, 8], data: Int32Array.from({ length: 16 }, (_, i) => i) },
  { type: 'float32', shape: [1, 2, 2], data: Float32Array.of(0, 0.5, 1, NaN) },
  { type: 'float64', shape: [1, 2, 2], data: Float64Array.of(0, 0.5, 1, -0) },
]

/** The length of a header, or undefined where the bytes are too short for it. */
function headerBytes(bytes: Uint8Array): number | undefined {
  const length = 4 + 4 * (bytes[3] ?? 0)
  return bytes.length < length ? undefined : length
}

/** IDX files, and what they mean as images and as labels. */
export const target: Target = {
  what: 'IDX files, as images and as labels',
  format: 'bytes',
  seeds: () => SEEDS.map(writeIdx),
  words: [8, 9, 11, 12, 13, 14].map((type) => Uint8Array.of(0, 0, type)),
  parts: [
    {
      // A header without its elements is mutated more often than its share of the bytes.
      format: 'bytes',
      get: (bytes) => bytes.slice(0, headerBytes(bytes)),
      set: (bytes, header) => Uint8Array.of(...header, ...bytes.subarray(headerBytes(bytes))),
    },
  ],
  maxBytes: 4096,
  run(bytes) {
    const array = readIdx(bytes, 'input')
    const again = readIdx(writeIdx(array), 'input')
    checkSame(array, again)
    const [count = 0] = array.shape
    const isLabels = array.shape.length === 1 || array.type === 'int32'
    return isLabels
      ? datasetFromIdx('input', bytesOf(Math.min(count, 64), 1, 1), array)
      : datasetFromIdx('input', array, bytesOf(Math.min(count, 64)))
  },
}
