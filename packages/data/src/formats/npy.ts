// The array format of NumPy: a header in Python's notation, then the elements.
import { sizeOf } from '@mnist-lab/core'
import { DataError } from '../data-error.js'
import type { IdxArray } from '../idx.js'

const MAGIC = '\u0093NUMPY'
/** The longest header. NumPy's own limit for headers that it trusts is 10,000. */
const MAX_NPY_HEADER_BYTES = 10_000

/** The element types that are read, and how many bytes each element has. */
const ITEM_BYTES: Readonly<Record<string, number>> = {
  b1: 1,
  u1: 1,
  i1: 1,
  u2: 2,
  i2: 2,
  u4: 4,
  i4: 4,
  u8: 8,
  i8: 8,
  f4: 4,
  f8: 8,
}

/** What the header of a `.npy` file says. */
interface NpyHeader {
  readonly littleEndian: boolean
  /** Such as `u1` and `f4`. */
  readonly type: string
  readonly shape: readonly number[]
  /** Where the elements begin. */
  readonly offset: number
}

/**
 * Reads a `.npy` file. Whole numbers of 64 bits become numbers of 32 bits, because labels and
 * pixels are small.
 *
 * @throws DataError when it is not such a file, its length does not fit its shape, or its elements
 *   are no numbers or too large
 */
export function readNpy(bytes: Uint8Array, name: string): IdxArray {
  const { type, shape, littleEndian, offset } = readNpyHeader(bytes, name)
  const length = sizeOf(shape)
  const expected = length * ITEM_BYTES[type]!
  const got = bytes.length - offset
  if (got !== expected)
    throw new DataError({
      where: name,
      what: `the header declares ${type} [${shape.join(', ')}]`,
      expected: `${expected} bytes`,
      got: `${got}`,
      hint: 'the file is damaged; download or save it again',
    })
  const body = bytes.subarray(offset)
  const view = new DataView(body.buffer, body.byteOffset, body.length)
  const each = (read: (at: number) => number) => (_: unknown, at: number) => read(at)
  switch (type) {
    case 'b1':
    case 'u1':
      return { type: 'uint8', shape, data: body }
    case 'i1':
      return { type: 'int8', shape, data: new Int8Array(body.buffer, body.byteOffset, length) }
    case 'i2':
      return {
        type: 'int16',
        shape,
        data: Int16Array.from(
          { length },
          each((at) => view.getInt16(2 * at, littleEndian)),
        ),
      }
    case 'f4':
      return {
        type: 'float32',
        shape,
        data: Float32Array.from(
          { length },
          each((at) => view.getFloat32(4 * at, littleEndian)),
        ),
      }
    case 'f8':
      return {
        type: 'float64',
        shape,
        data: Float64Array.from(
          { length },
          each((at) => view.getFloat64(8 * at, littleEndian)),
        ),
      }
  }
  const data = new Int32Array(length)
  for (let at = 0; at < length; at++) {
    const value = wholeNumber(view, type, at, littleEndian)
    data[at] = value
    if (data[at] === value) continue
    throw new DataError({
      where: name,
      what: `element ${at}`,
      expected: 'a number of 32 bits',
      got: `${value}`,
      hint: 'check that it has pixels or labels, and save them as uint8',
    })
  }
  return { type: 'int32', shape, data }
}

function wholeNumber(view: DataView, type: string, at: number, littleEndian: boolean): number {
  switch (type) {
    case 'u2':
      return view.getUint16(2 * at, littleEndian)
    case 'u4':
      return view.getUint32(4 * at, littleEndian)
    case 'u8':
      return Number(view.getBigUint64(8 * at, littleEndian))
    case 'i8':
      return Number(view.getBigInt64(8 * at, littleEndian))
    default:
      return view.getInt32(4 * at, littleEndian)
  }
}

/** Reads the header, which is checked before memory is taken for the elements. */
function readNpyHeader(bytes: Uint8Array, name: string): NpyHeader {
  const damaged = (what: string, expected: string, got: string) =>
    new DataError({
      where: name,
      what,
      expected,
      got,
      hint: 'save it with numpy.save, numpy.savez or numpy.savez_compressed',
    })
  const latin = (from: number, to: number) =>
    Array.from(bytes.subarray(from, to), (byte) => String.fromCharCode(byte)).join('')
  if (latin(0, 6) !== MAGIC || bytes.length < 12)
    throw damaged('not an array of NumPy', 'the signature \\x93NUMPY', JSON.stringify(latin(0, 6)))
  const wide = bytes[6]! >= 2
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const begin = wide ? 12 : 10
  const length = wide ? view.getUint32(8, true) : view.getUint16(8, true)
  if (length > Math.min(MAX_NPY_HEADER_BYTES, bytes.length - begin))
    throw damaged('the header', `at most ${MAX_NPY_HEADER_BYTES} bytes, all of them`, `${length}`)
  const text = latin(begin, begin + length)
  const descr = /'descr':\s*'([<>|=])([a-zA-Z]\d+)'/.exec(text)
  const type = descr?.[2] ?? ''
  if (descr === null || !Object.hasOwn(ITEM_BYTES, type)) {
    const found = /'descr':\s*('[^']*'|\[[^\]]*\])/.exec(text)?.[1]
    throw new DataError({
      where: name,
      what: 'the type of the elements',
      expected: 'whole numbers, or floats of 32 or 64 bits',
      got: found ?? 'none',
      hint: "convert the array, such as x.astype('uint8'), and save it again",
    })
  }
  if (!/'fortran_order':\s*False/.test(text))
    throw new DataError({
      where: name,
      what: 'an array in the order of Fortran',
      expected: 'the order of C',
      hint: 'save numpy.ascontiguousarray(x)',
    })
  const sizes = /'shape':\s*\(([\d,\s]*)\)/.exec(text)?.[1]
  if (sizes === undefined) throw damaged('the header', 'a shape', 'none')
  const shape = sizes.split(',').flatMap((size) => (size.trim() === '' ? [] : [Number(size)]))
  if (shape.length === 0 || shape.length > 8 || !Number.isSafeInteger(sizeOf(shape)))
    throw damaged('the shape', 'one to eight dimensions', `(${sizes.slice(0, 100)})`)
  return { littleEndian: descr[1] !== '>', type, shape, offset: begin + length }
}

/** Returns a `.npy` file of bytes, or of labels of 64 bits as NumPy has them by default. */
export function writeNpy(shape: readonly number[], data: Uint8Array | BigInt64Array): Uint8Array {
  const descr = data instanceof Uint8Array ? '|u1' : '<i8'
  const sizes = `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${sizes}, }`
  // The elements begin at a multiple of 64 bytes, and the header ends with a new line.
  const text = header.padEnd(64 * Math.ceil((header.length + 11) / 64) - 11) + '\n'
  const bytes = new Uint8Array(10 + text.length + data.byteLength)
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length & 255, text.length >> 8])
  bytes.set(new TextEncoder().encode(text), 10)
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), 10 + text.length)
  return bytes
}
