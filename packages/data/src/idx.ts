import { joinBytes, sizeOf } from '@mnist-lab/core'
import { DataError } from './data-error.js'

/** Element types of IDX files, by the code in the header's third byte. */
const TYPES = {
  0x08: 'uint8',
  0x09: 'int8',
  0x0b: 'int16',
  0x0c: 'int32',
  0x0d: 'float32',
  0x0e: 'float64',
} as const

interface ElementArrays {
  uint8: Uint8Array
  int8: Int8Array
  int16: Int16Array
  int32: Int32Array
  float32: Float32Array
  float64: Float64Array
}

/** The element type of an IDX file. */
export type IdxType = keyof ElementArrays

const ITEM_BYTES: Record<IdxType, number> = {
  uint8: 1,
  int8: 1,
  int16: 2,
  int32: 4,
  float32: 4,
  float64: 8,
}

/**
 * The content of an IDX file, by type. `data` is row-major and as long as the product of `shape`.
 */
export type IdxArray = {
  [T in IdxType]: {
    readonly type: T
    readonly shape: readonly number[]
    readonly data: ElementArrays[T]
  }
}[IdxType]

/**
 * Reads an uncompressed IDX file: bytes 0, 0, type, number of dimensions, the sizes as big-endian
 * uint32, then the elements, big-endian too (http://yann.lecun.com/exdb/mnist/). The sizes are
 * compared with the length of the file before anything is allocated.
 *
 * @param bytes one-byte types share its memory, others are copied
 * @param name of the file, for errors
 * @throws DataError when the magic number, the type or the length is wrong
 */
export function readIdx(bytes: Uint8Array, name: string): IdxArray {
  const { type, shape, offset } = readHeader(bytes, name)
  const length = elementsOf(shape)
  const expected = length * ITEM_BYTES[type]
  const got = bytes.length - offset
  if (got !== expected) {
    throw new DataError({
      where: name,
      what: `header declares ${sizesOf(shape)} (${expected} bytes)`,
      got: `${got}`,
      hint:
        got < expected
          ? 'the file is truncated, download it again'
          : 'the file has trailing bytes, download it again',
    })
  }
  return readElements(type, shape, bytes.subarray(offset), length)
}

/**
 * Reads an IDX file as downloaded, plain or gzip. The first bytes of the file show which it is.
 *
 * @throws DataError as {@link readIdx}, or when the gzip stream is corrupt
 */
export async function readIdxFile(bytes: Uint8Array, name: string): Promise<IdxArray> {
  return readIdx(await decompressed(bytes, name), name)
}

/** The most bytes of an IDX file that is decompressed. */
export const MAX_IDX_BYTES = 2 ** 31

/**
 * Returns the bytes themselves, or the IDX file that they hold when they are gzip. Decompressing
 * stops where the file is longer than its header declares, so a small file cannot fill the memory.
 *
 * @throws DataError when the gzip stream is corrupt or truncated, or what it holds is not an IDX
 *   file, is longer than its header declares, or is longer than {@link MAX_IDX_BYTES}
 */
export async function decompressed(bytes: Uint8Array, name: string): Promise<Uint8Array> {
  if (!isGzip(bytes)) return bytes
  const reader = new Blob([bytes as Uint8Array<ArrayBuffer>])
    .stream()
    .pipeThrough(new DecompressionStream('gzip'))
    .getReader()
  const parts: Uint8Array[] = []
  let length = 0
  let most: number | undefined
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return joinBytes(parts)
      parts.push(value)
      length += value.length
      // The longest header has 255 dimensions, and the first part may be shorter than any header.
      if (most === undefined && length >= LONGEST_HEADER)
        most = declaredBytes(joinBytes(parts), name)
      if (most !== undefined && length > most) throw longerThanDeclared(most, name)
    }
  } catch (cause) {
    // The stream is in error already if that is the cause, and cancelling then says the same again.
    reader.cancel().catch(() => undefined)
    if (cause instanceof DataError) throw cause
    throw new DataError({
      where: name,
      what: `corrupt gzip (${cause instanceof Error ? cause.message : String(cause)})`,
      hint: 'the file is damaged or truncated, download it again',
      cause,
    })
  }
}

/** Bytes of a header with as many dimensions as a byte can count. */
const LONGEST_HEADER = 4 + 4 * 255

/**
 * Returns how long an IDX file is that begins with these bytes.
 *
 * @throws DataError when the header is wrong or declares more than {@link MAX_IDX_BYTES}
 */
function declaredBytes(start: Uint8Array, name: string): number {
  const { type, shape, offset } = readHeader(start, name)
  const declared = offset + elementsOf(shape) * ITEM_BYTES[type]
  if (declared <= MAX_IDX_BYTES) return declared
  throw new DataError({
    where: name,
    what: `header declares ${sizesOf(shape)}`,
    expected: `at most ${MAX_IDX_BYTES} bytes`,
    got: `${declared}`,
    hint: 'use a file with fewer images',
  })
}

function longerThanDeclared(declared: number, name: string): DataError {
  return new DataError({
    where: name,
    what: `header declares a file of ${declared} bytes`,
    got: 'more',
    hint: 'the file has trailing bytes, download it again',
  })
}

/**
 * Returns the bytes of an IDX file that {@link readIdx} reads back as the same array.
 *
 * @throws RangeError when `data` is not as long as `shape` says
 */
export function writeIdx(array: IdxArray): Uint8Array {
  const { type, shape, data } = array
  if (shape.length === 0 || shape.length > 255)
    throw new RangeError(`IDX has 1 to 255 dimensions, got ${shape.length}`)
  if (shape.some((size) => !Number.isInteger(size) || size < 0 || size > 0xffffffff)) {
    throw new RangeError(`IDX sizes are 32-bit unsigned integers, got ${shape.join('×')}`)
  }
  const length = elementsOf(shape)
  if (data.length !== length)
    throw new RangeError(
      `shape ${shape.join('×')} has ${length} elements, but data has ${data.length}`,
    )
  const offset = 4 + 4 * shape.length
  const itemBytes = ITEM_BYTES[type]
  const bytes = new Uint8Array(offset + length * itemBytes)
  const view = new DataView(bytes.buffer)
  bytes[2] = Number(Object.entries(TYPES).find(([, name]) => name === type)![0])
  bytes[3] = shape.length
  shape.forEach((size, i) => view.setUint32(4 + 4 * i, size))
  if (array.type === 'uint8' || array.type === 'int8') bytes.set(array.data, offset)
  else for (let i = 0; i < length; i++) SETTERS[array.type](view, offset + i * itemBytes, data[i]!)
  return bytes
}

function readHeader(
  bytes: Uint8Array,
  name: string,
): { type: IdxType; shape: number[]; offset: number } {
  const hint = 'check that it is an IDX file, or download it again'
  if (bytes.length < 4)
    throw new DataError({
      where: name,
      expected: 'an IDX header of 4 bytes or more',
      got: `${bytes.length}`,
      hint,
    })
  const magic = [...bytes.subarray(0, 4)]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join(' ')
  if (bytes[0] !== 0 || bytes[1] !== 0) {
    const gzip = isGzip(bytes)
    throw new DataError({
      where: name,
      what: 'wrong magic number',
      expected: '00 00, type, dimensions',
      got: gzip ? `${magic} (gzip)` : magic,
      hint: gzip ? 'decompress it first' : hint,
    })
  }
  const type = TYPES[bytes[2] as keyof typeof TYPES] as IdxType | undefined
  if (type === undefined) {
    throw new DataError({
      where: name,
      what: 'unknown element type',
      expected: '08, 09, 0b, 0c, 0d or 0e',
      got: magic.slice(6, 8),
      hint,
    })
  }
  const dimensions = bytes[3]!
  if (dimensions === 0)
    throw new DataError({ where: name, expected: '1 dimension or more', got: '0', hint })
  const offset = 4 + 4 * dimensions
  if (bytes.length < offset) {
    throw new DataError({
      where: name,
      what: `header of ${dimensions} dimensions`,
      expected: `${offset} bytes`,
      got: `${bytes.length}`,
      hint: 'the file is truncated, download it again',
    })
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, offset)
  return {
    type,
    shape: Array.from({ length: dimensions }, (_, i) => view.getUint32(4 + 4 * i)),
    offset,
  }
}

function elementsOf(shape: readonly number[]): number {
  // A product of 255 sizes can overflow to Infinity, and Infinity · 0 is NaN.
  return shape.includes(0) ? 0 : sizeOf(shape)
}

function sizesOf(shape: readonly number[]): string {
  return shape.length > 8 ? `${shape.length} dimensions` : shape.join('×')
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b
}

function readElements(
  type: IdxType,
  shape: readonly number[],
  body: Uint8Array,
  length: number,
): IdxArray {
  const view = new DataView(body.buffer, body.byteOffset, body.length)
  switch (type) {
    case 'uint8':
      return { type, shape, data: body }
    case 'int8':
      return { type, shape, data: new Int8Array(body.buffer, body.byteOffset, length) }
    case 'int16':
      return { type, shape, data: Int16Array.from({ length }, (_, i) => view.getInt16(2 * i)) }
    case 'int32':
      return { type, shape, data: Int32Array.from({ length }, (_, i) => view.getInt32(4 * i)) }
    case 'float32':
      return { type, shape, data: Float32Array.from({ length }, (_, i) => view.getFloat32(4 * i)) }
    case 'float64':
      return { type, shape, data: Float64Array.from({ length }, (_, i) => view.getFloat64(8 * i)) }
  }
}

const SETTERS = {
  int16: (view: DataView, at: number, value: number) => view.setInt16(at, value),
  int32: (view: DataView, at: number, value: number) => view.setInt32(at, value),
  float32: (view: DataView, at: number, value: number) => view.setFloat32(at, value),
  float64: (view: DataView, at: number, value: number) => view.setFloat64(at, value),
}
