import { JsonError, parseForeignJson, sizeOf } from '@mnist-lab/core'
import { MAX_DIMENSIONS, MAX_HEADER_BYTES, MAX_TENSORS } from './limits.js'
import { ModelError } from './model-error.js'
import type { NamedTensor } from './weights.js'

// The format: https://huggingface.co/docs/safetensors. A little-endian uint64 N, N bytes of JSON,
// then the tensors' bytes. Every JavaScript engine in use is little-endian, so float32 bytes are
// copied as they are.

const METADATA = '__metadata__'

/** What a safetensors file holds. */
export interface SafetensorsFile {
  /** In the order of their bytes. The arrays are copies. */
  readonly tensors: readonly NamedTensor[]
  readonly metadata: Readonly<Record<string, string>>
}

/**
 * Returns the bytes of a safetensors file. The same tensors and metadata give the same bytes,
 * whatever the order of the metadata's keys.
 *
 * @param tensors written in this order
 * @throws ModelError when two tensors have the same name, or a length differs from its shape
 */
export function writeSafetensors(
  tensors: readonly NamedTensor[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const seen = new Set([METADATA])
  const keys = Object.keys(metadata).sort()
  const fields: string[] = []
  if (keys.length > 0)
    fields.push(field(METADATA, Object.fromEntries(keys.map((key) => [key, metadata[key]]))))
  let end = 0
  for (const { name, shape, data } of tensors) {
    if (seen.has(name)) {
      throw new ModelError({
        where: `tensor ${name}`,
        what: 'the name is already used or is reserved',
        hint: 'give every tensor a name of its own',
      })
    }
    if (sizeOf(shape) !== data.length) {
      throw new ModelError({
        where: `tensor ${name}`,
        expected: `${sizeOf(shape)} numbers for shape [${shape.join(', ')}]`,
        got: String(data.length),
        hint: 'make shape and data agree',
      })
    }
    seen.add(name)
    const begin = end
    end += data.byteLength
    fields.push(field(name, { dtype: 'F32', shape, data_offsets: [begin, end] }))
  }
  const json = new TextEncoder().encode(`{${fields.join(',')}}`)
  const headerBytes = Math.ceil(json.length / 8) * 8
  const file = new Uint8Array(8 + headerBytes + end)
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true)
  file.fill(0x20, 8, 8 + headerBytes)
  file.set(json, 8)
  let at = 8 + headerBytes
  for (const { data } of tensors) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at)
    at += data.byteLength
  }
  return file
}

function field(name: string, value: object): string {
  return `${JSON.stringify(name)}:${JSON.stringify(value)}`
}

/**
 * Reads a safetensors file of float32 tensors. Tensors of other types are refused by name.
 *
 * @param name of the file, for errors
 * @throws ModelError when the bytes are not exactly one such file
 */
export function readSafetensors(bytes: Uint8Array, name: string): SafetensorsFile {
  const bodyAt = headerEnd(bytes, name)
  const header = parseHeader(bytes.subarray(8, bodyAt), name)
  const described = Object.entries(header).filter(([key]) => key !== METADATA)
  if (described.length > MAX_TENSORS) {
    throw corrupt(
      name,
      'the file has too many tensors',
      `at most ${MAX_TENSORS}`,
      String(described.length),
    )
  }
  const entries = described
    .map(([key, value]) => tensorEntry(key, value, name))
    .sort((a, b) => a.begin - b.begin || a.end - b.end)
  let at = 0
  for (const { tensor, begin, end } of entries) {
    if (begin !== at)
      throw corrupt(
        name,
        `tensor ${tensor} starts in the wrong place`,
        `offset ${at}`,
        String(begin),
      )
    at = end
  }
  if (bytes.length !== bodyAt + at) {
    throw corrupt(
      name,
      bytes.length < bodyAt + at
        ? 'the file is truncated'
        : 'there are bytes behind the last tensor',
      `${bodyAt + at} bytes`,
      String(bytes.length),
    )
  }
  const tensors = entries.map(({ tensor, shape, begin, end }) => ({
    name: tensor,
    shape,
    data: floats(bytes.subarray(bodyAt + begin, bodyAt + end)),
  }))
  return { tensors, metadata: metadataOf(header, name) }
}

/**
 * Returns the float32 numbers of some bytes, copied: a view would need an offset divisible by 4.
 * `slice` is not used because a Node.js Buffer's shares memory.
 */
function floats(bytes: Uint8Array): Float32Array {
  const data = new Float32Array(bytes.length / 4)
  new Uint8Array(data.buffer).set(bytes)
  return data
}

function headerEnd(bytes: Uint8Array, name: string): number {
  if (bytes.length < 8)
    throw corrupt(
      name,
      'the file is too short for a header',
      'at least 8 bytes',
      String(bytes.length),
    )
  const headerBytes = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true)
  if (headerBytes > MAX_HEADER_BYTES) {
    throw corrupt(
      name,
      'the header is too long',
      `at most ${MAX_HEADER_BYTES} bytes`,
      String(headerBytes),
    )
  }
  const end = 8 + Number(headerBytes)
  if (end > bytes.length)
    throw corrupt(name, 'the header is truncated', `${end} bytes`, String(bytes.length))
  return end
}

function parseHeader(bytes: Uint8Array, name: string): Readonly<Record<string, unknown>> {
  if (bytes[0] !== 0x7b) throw corrupt(name, 'the header is not a JSON object')
  let header: unknown
  try {
    header = parseForeignJson(bytes, { maxSize: MAX_HEADER_BYTES, anyKeys: true })
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause
    const { what, expected, got } = cause.facts
    throw corrupt(name, `the header is ${what}`, expected, got, cause)
  }
  // JSON that begins with `{` is always an object.
  return header as Readonly<Record<string, unknown>>
}

function metadataOf(
  header: Readonly<Record<string, unknown>>,
  name: string,
): Readonly<Record<string, string>> {
  if (!Object.hasOwn(header, METADATA)) return {}
  const metadata = header[METADATA]
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === 'string')) {
    throw corrupt(name, `${METADATA} is wrong`, 'an object of strings')
  }
  return metadata as Readonly<Record<string, string>>
}

interface TensorEntry {
  readonly tensor: string
  readonly shape: readonly number[]
  readonly begin: number
  readonly end: number
}

function tensorEntry(tensor: string, value: unknown, name: string): TensorEntry {
  if (!isRecord(value))
    throw corrupt(name, `the description of tensor ${tensor} is wrong`, 'an object')
  const { dtype, shape, data_offsets: offsets } = value
  if (dtype !== 'F32') {
    throw new ModelError({
      where: name,
      what: `tensor ${tensor} is of another type`,
      expected: 'F32',
      got: dtype === undefined ? 'none' : JSON.stringify(dtype).slice(0, 40),
      hint: 'convert it to float32 first',
    })
  }
  if (!isSizes(shape)) throw corrupt(name, `tensor ${tensor} has no valid shape`, 'a list of sizes')
  if (shape.length > MAX_DIMENSIONS) {
    throw corrupt(
      name,
      `tensor ${tensor} has too many dimensions`,
      `at most ${MAX_DIMENSIONS}`,
      String(shape.length),
    )
  }
  if (!isSizes(offsets) || offsets.length !== 2) {
    throw corrupt(name, `tensor ${tensor} has no valid data_offsets`, '[begin, end]')
  }
  const [begin, end] = offsets as readonly [number, number]
  const size = sizeOf(shape) * 4
  if (end - begin !== size) {
    throw corrupt(
      name,
      `tensor ${tensor} has another length than its shape`,
      `${size} bytes`,
      String(end - begin),
    )
  }
  return { tensor, shape, begin, end }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0)
}

function corrupt(
  where: string,
  what: string,
  expected?: string,
  got?: string,
  cause?: unknown,
): ModelError {
  return new ModelError({
    where,
    what,
    ...(expected === undefined ? {} : { expected }),
    ...(got === undefined ? {} : { got }),
    hint: 'the file is damaged or is not a safetensors file; save or fetch it again',
    cause,
  })
}
