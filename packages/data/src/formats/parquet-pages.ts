// Checks the pages of a column of a Parquet file before the library decodes them. It believes the
// counts in them: a run of a few bytes can stand for two thousand million values.
import type { PageHeader, SchemaTree } from 'hyparquet'

/** The most bytes that the pages of a column unpack to, within one group of rows. */
const MAX_GROUP_BYTES = 2 ** 30

/** How the values of a column may be stored, and its types. */
const ENCODINGS: readonly string[] = ['PLAIN', 'PLAIN_DICTIONARY', 'RLE_DICTIONARY']
const TYPES: readonly string[] = ['BYTE_ARRAY', 'INT32', 'INT64']

/** A column of a group of rows. */
export interface ColumnPages {
  readonly view: DataView
  readonly rows: number
  readonly type: string
  /** From the root of the schema to the column. */
  readonly schemaPath: readonly SchemaTree[]
  readonly headerOf: (reader: { view: DataView; offset: number }) => PageHeader
  /** @param length the bytes that the result must have */
  readonly unpack: (bytes: Uint8Array, length: number) => Uint8Array
}

/**
 * Checks all pages of a column.
 *
 * @throws Error when sizes or counts contradict each other or are beyond a limit, or the column is
 *   of a kind that is not read
 */
export function checkPages({ view, rows, type, schemaPath, headerOf, unpack }: ColumnPages): void {
  if (!TYPES.includes(type)) throw new Error(`a column of type ${type}`)
  const optional = schemaPath.filter(({ element }) => element.repetition_type === 'OPTIONAL')
  const width = Math.ceil(Math.log2(optional.length + 1))
  const reader = { view, offset: 0 }
  let [values, bytes] = [0, 0]
  while (reader.offset < view.byteLength - 1) {
    const header = headerOf(reader)
    const { compressed_page_size: packed, uncompressed_page_size: unpacked } = header
    if (!(packed >= 0 && packed <= view.byteLength - reader.offset))
      throw new Error(`a page of ${packed} bytes in a column of ${view.byteLength}`)
    bytes += unpacked
    if (!(unpacked >= 0 && bytes <= MAX_GROUP_BYTES))
      throw new Error(`pages of ${bytes} bytes, at most ${MAX_GROUP_BYTES} are read`)
    const content = new Uint8Array(view.buffer, view.byteOffset + reader.offset, packed)
    reader.offset += packed
    if (header.type === 'DICTIONARY_PAGE') {
      const words = header.dictionary_page_header?.num_values ?? -1
      // An entry has a byte at least, and mostly four for its length.
      if (!(words >= 0 && words <= unpacked)) throw new Error(`a dictionary of ${words} entries`)
      continue
    }
    values += dataPage(header, content, { width, unpack, most: rows - values })
  }
}

interface PageLimits {
  /** The bits of a level that says how much of a value is there. */
  readonly width: number
  readonly unpack: ColumnPages['unpack']
  /** The most values. */
  readonly most: number
}

/** Checks a page of values. @returns how many it has */
function dataPage(header: PageHeader, content: Uint8Array, limits: PageLimits): number {
  // Only the description that belongs to the type of the page counts.
  const first = header.type === 'DATA_PAGE' ? header.data_page_header : undefined
  const second = header.type === 'DATA_PAGE_V2' ? header.data_page_header_v2 : undefined
  const page = first ?? second
  if (page === undefined) throw new Error('a page without a description')
  const { num_values: count, encoding } = page
  if (!(count >= 0 && count <= limits.most))
    throw new Error(`a page of ${count} values, where ${limits.most} rows are left`)
  if (!ENCODINGS.includes(encoding)) throw new Error(`values in the encoding ${encoding}`)
  let body: Uint8Array
  if (second === undefined) {
    body = limits.unpack(content, header.uncompressed_page_size)
    if (limits.width > 0) {
      const length =
        body.length < 4 ? -1 : new DataView(body.buffer, body.byteOffset).getInt32(0, true)
      if (!(length >= 0 && length <= body.length - 4)) throw new Error(`${length} bytes of levels`)
      checkRuns(body.subarray(4, 4 + length), limits.width, count)
      body = body.subarray(4 + length)
    }
  } else {
    const { num_nulls: nulls } = second
    // A damaged header may lack what the types promise.
    const repeated: number | undefined = second.repetition_levels_byte_length
    const length = second.definition_levels_byte_length
    if (!(nulls >= 0 && nulls <= count)) throw new Error(`${nulls} empty values of ${count}`)
    if ((repeated ?? 0) !== 0 || !(length >= 0 && length <= content.length))
      throw new Error(`${length} bytes of levels`)
    if (limits.width > 0) checkRuns(content.subarray(0, length), limits.width, count)
    body = content.subarray(length)
    if (second.is_compressed !== false)
      body = limits.unpack(body, header.uncompressed_page_size - length)
  }
  // A page of a dictionary's indices begins with their width.
  const bits = body[0] ?? 0
  if (encoding === 'PLAIN' || (bits === 0 && second === undefined)) return count
  if (bits > 32) throw new Error(`indices of ${bits} bits`)
  checkRuns(body.subarray(1), bits, count, { mayEnd: true })
  return count
}

/**
 * Checks runs of equal values and of packed values.
 *
 * @param mayEnd whether there may be fewer than `count` values
 */
function checkRuns(
  bytes: Uint8Array,
  width: number,
  count: number,
  { mayEnd = false }: { readonly mayEnd?: boolean } = {},
): void {
  let [at, seen] = [0, 0]
  while (seen < count) {
    if (at >= bytes.length) {
      if (mayEnd) return
      throw new Error(`${seen} levels of ${count}`)
    }
    let [run, shift, byte] = [0, 0, 0]
    do {
      byte = bytes[at++] ?? 0
      run += (byte & 0x7f) * 2 ** shift
      shift += 7
    } while (byte > 0x7f && shift < 35)
    const length = Math.floor(run / 2)
    const isPacked = run % 2 === 1
    const values = isPacked ? length * 8 : length
    // Packed values come in groups of eight, of which the last one is filled up.
    if (values > count - seen + (isPacked ? 7 : 0)) throw new Error(`a run of ${values} values`)
    at += isPacked ? length * width : Math.ceil(width / 8)
    seen += values
  }
}
