import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { DataError, readIdx, readIdxFile, writeIdx, type IdxArray } from '../src/index.js'

const labels = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 9)

test('a labels file is 00 00 08 01, one size and the bytes', () => {
  expect(readIdx(labels, 'a')).toEqual({ type: 'uint8', shape: [3], data: Uint8Array.of(7, 2, 9) })
})

test('the sizes of images are big-endian and their data is row-major', () => {
  const bytes = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2, 3, 4)
  expect(readIdx(bytes, 'a')).toEqual({
    type: 'uint8',
    shape: [2, 1, 2],
    data: Uint8Array.of(1, 2, 3, 4),
  })
})

test.each<[number, number[], IdxArray]>([
  [0x09, [0xff], { type: 'int8', shape: [1], data: Int8Array.of(-1) }],
  [0x0b, [0xff, 0xfe], { type: 'int16', shape: [1], data: Int16Array.of(-2) }],
  [0x0c, [0x80, 0, 0, 1], { type: 'int32', shape: [1], data: Int32Array.of(-(2 ** 31) + 1) }],
  [0x0d, [0xc0, 0x20, 0, 0], { type: 'float32', shape: [1], data: Float32Array.of(-2.5) }],
  [
    0x0e,
    [0x3f, 0xf8, 0, 0, 0, 0, 0, 0],
    { type: 'float64', shape: [1], data: Float64Array.of(1.5) },
  ],
])('type %i is read big-endian', (code, element, expected) => {
  expect(readIdx(Uint8Array.of(0, 0, code, 1, 0, 0, 0, 1, ...element), 'a')).toEqual(expected)
})

test('bytes that begin in the middle of a buffer are read from there', () => {
  const bytes = new Uint8Array([99, 99, 99, 0, 0, 0x0b, 1, 0, 0, 0, 1, 1, 2]).subarray(3)
  expect(readIdx(bytes, 'a').data).toEqual(Int16Array.of(258))
})

test.each<[string, Uint8Array, string]>([
  [
    'an empty file',
    new Uint8Array(),
    'f: expected an IDX header of 4 bytes or more, got 0; check that it is an IDX file, or download it again',
  ],
  [
    'text',
    Uint8Array.of(0x3c, 0x21, 0x44, 0x4f),
    'f: wrong magic number, expected 00 00, type, dimensions, got 3c 21 44 4f; check that it is an IDX file, or download it again',
  ],
  [
    'gzip',
    Uint8Array.of(0x1f, 0x8b, 8, 0),
    'f: wrong magic number, expected 00 00, type, dimensions, got 1f 8b 08 00 (gzip); decompress it first',
  ],
  [
    'an unknown type',
    Uint8Array.of(0, 0, 0x0a, 1, 0, 0, 0, 0),
    'f: unknown element type, expected 08, 09, 0b, 0c, 0d or 0e, got 0a; check that it is an IDX file, or download it again',
  ],
  [
    'no dimensions',
    Uint8Array.of(0, 0, 8, 0, 1),
    'f: expected 1 dimension or more, got 0; check that it is an IDX file, or download it again',
  ],
  [
    'a cut header',
    Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 1),
    'f: header of 3 dimensions, expected 16 bytes, got 8; the file is truncated, download it again',
  ],
  [
    'cut data',
    labels.subarray(0, 10),
    'f: header declares 3 (3 bytes), got 2; the file is truncated, download it again',
  ],
  [
    'trailing bytes',
    Uint8Array.of(...labels, 0),
    'f: header declares 3 (3 bytes), got 4; the file has trailing bytes, download it again',
  ],
])('%s is refused in one line', (_, bytes, message) => {
  expect(() => readIdx(bytes, 'f')).toThrow(DataError)
  expect(() => readIdx(bytes, 'f')).toThrow(expect.objectContaining({ message }))
})

test('the sizes of MNIST with a kilobyte behind them are a truncated file', () => {
  const bytes = new Uint8Array(16 + 1024)
  bytes.set([0, 0, 8, 3, 0, 0, 0xea, 0x60, 0, 0, 0, 28, 0, 0, 0, 28])
  expect(() => readIdx(bytes, 'train-images.gz')).toThrow(
    'train-images.gz: header declares 60000×28×28 (47040000 bytes), got 1024; the file is truncated, download it again',
  )
})

test('sizes whose product overflows are a truncated file, not an allocation', () => {
  const header = new Uint8Array(4 + 4 * 255).fill(0xff)
  header.set([0, 0, 0x0e, 255])
  expect(() => readIdx(header, 'f')).toThrow(
    'f: header declares 255 dimensions (Infinity bytes), got 0; the file is truncated',
  )
})

test('a size of 0 beside huge ones is an empty array, and is written as it was read', () => {
  const header = new Uint8Array(4 + 4 * 255).fill(0xff)
  header.set([0, 0, 8, 255, 0, 0, 0, 0])
  const array = readIdx(header, 'f')
  expect(array.data).toHaveLength(0)
  expect(writeIdx(array)).toEqual(header)
})

const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 4 })
const arrays: fc.Arbitrary<IdxArray> = shapes.chain((shape) => {
  const size = {
    minLength: shape.reduce((a, b) => a * b, 1),
    maxLength: shape.reduce((a, b) => a * b, 1),
  }
  return fc.oneof(
    fc.uint8Array(size).map((data) => ({ type: 'uint8' as const, shape, data })),
    fc.int8Array(size).map((data) => ({ type: 'int8' as const, shape, data })),
    fc.int16Array(size).map((data) => ({ type: 'int16' as const, shape, data })),
    fc.int32Array(size).map((data) => ({ type: 'int32' as const, shape, data })),
    fc.float32Array(size).map((data) => ({ type: 'float32' as const, shape, data })),
    fc.float64Array(size).map((data) => ({ type: 'float64' as const, shape, data })),
  )
})

test('a written file reads back as the same array, plain or gzip', async () => {
  await fc.assert(
    fc.asyncProperty(arrays, async (array) => {
      const bytes = writeIdx(array)
      expect(readIdx(bytes, 'a')).toEqual(array)
      expect(await readIdxFile(gzipSync(bytes), 'a.gz')).toEqual(array)
    }),
    { numRuns: 50 },
  )
})

test('any bytes are either read or refused with a DataError', () => {
  const headers = fc
    .tuple(fc.uint8Array({ minLength: 4, maxLength: 40 }), fc.boolean())
    .map(([bytes, zeros]) => {
      if (zeros) bytes.set([0, 0, 8 + (bytes[2]! % 7), bytes[3]! % 4])
      return bytes
    })
  fc.assert(
    fc.property(headers, (bytes) => {
      try {
        const array = readIdx(bytes, 'f')
        expect(array.data.length).toBe(array.shape.reduce((a, b) => a * b, 1))
      } catch (error) {
        expect(error).toBeInstanceOf(DataError)
      }
    }),
  )
})

test('writing refuses data that does not fit its shape', () => {
  expect(() => writeIdx({ type: 'uint8', shape: [2, 2], data: new Uint8Array(3) })).toThrow(
    RangeError,
  )
  expect(() => writeIdx({ type: 'uint8', shape: [], data: new Uint8Array(1) })).toThrow(RangeError)
})

test('a truncated, a damaged and an empty gzip file are refused by name', async () => {
  const whole = gzipSync(
    writeIdx({
      type: 'uint8',
      shape: [999],
      data: Uint8Array.from({ length: 999 }, (_, i) => i * i),
    }),
  )
  const damaged = Uint8Array.from(whole, (byte, i) => (i > 20 && i < 40 ? byte ^ 0xff : byte))
  for (const bytes of [
    whole.subarray(0, whole.length / 2),
    whole.subarray(0, whole.length - 4),
    damaged,
    whole.subarray(0, 2),
  ]) {
    await expect(readIdxFile(bytes, 'a.gz')).rejects.toThrow(
      /^a\.gz: corrupt gzip .*; the file is damaged or truncated, download it again$/,
    )
    await expect(readIdxFile(bytes, 'a.gz')).rejects.toBeInstanceOf(DataError)
  }
})

test('a gzip file whose content is cut short is refused as IDX', async () => {
  await expect(readIdxFile(gzipSync(labels.subarray(0, 9)), 'a.gz')).rejects.toThrow(
    'a.gz: header declares 3 (3 bytes), got 1',
  )
})

describe('a gzip file is decompressed no further than its header declares', () => {
  /** Counts the bytes that decompressing hands out. */
  async function refused(bytes: Uint8Array, message: RegExp): Promise<number> {
    let given = 0
    const native = globalThis.DecompressionStream
    vi.stubGlobal(
      'DecompressionStream',
      class {
        readonly readable: ReadableStream<Uint8Array>
        readonly writable: WritableStream<Uint8Array>
        constructor(format: 'gzip') {
          const inner = new native(format)
          this.writable = inner.writable as WritableStream<Uint8Array>
          this.readable = inner.readable.pipeThrough(
            new TransformStream<Uint8Array, Uint8Array>({
              transform: (part, to) => {
                given += part.length
                to.enqueue(part)
              },
            }),
          )
        }
      },
    )
    try {
      await expect(readIdxFile(bytes, 'a.gz')).rejects.toThrow(message)
      await expect(readIdxFile(bytes, 'a.gz')).rejects.toBeInstanceOf(DataError)
    } finally {
      vi.unstubAllGlobals()
    }
    return given / 2
  }
  const FAR = 40_000_000

  test('when it holds zeros only', async () => {
    expect(
      await refused(gzipSync(new Uint8Array(FAR)), /^a\.gz: unknown element type/),
    ).toBeLessThan(FAR / 4)
  })

  test('when data goes on behind what is declared', async () => {
    const long = new Uint8Array(FAR)
    long.set(labels)
    expect(
      await refused(
        gzipSync(long),
        /^a\.gz: header declares a file of 11 bytes, got more; .*trailing/,
      ),
    ).toBeLessThan(FAR / 4)
  })

  test('when more is declared than a dataset has', async () => {
    const vast = new Uint8Array(FAR)
    vast.set([0, 0, 8, 3, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 28, 0, 0, 0, 28])
    expect(
      await refused(
        gzipSync(vast),
        /^a\.gz: header declares 4294967295×28×28, expected at most 2147483648 bytes, got 33672/,
      ),
    ).toBeLessThan(FAR / 4)
  })

  test('when one byte follows, which is said as for a plain file', async () => {
    await expect(readIdxFile(gzipSync(Uint8Array.of(...labels, 0)), 'a.gz')).rejects.toThrow(
      'a.gz: header declares 3 (3 bytes), got 4; the file has trailing bytes, download it again',
    )
  })
})
