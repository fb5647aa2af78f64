// Parquet files of pictures, as Hugging Face publishes datasets.
import { JsonError, parseForeignJson } from '@mnist-lab/core'
import type { AsyncBuffer, Compressors, FileMetaData } from 'hyparquet'
import { DataError } from '../data-error.js'
import { type ImageSet, MAX_SAMPLES } from './image-set.js'
import { PictureCollector, type PictureDecoder } from './picture-set.js'

/** The longest footer of a Parquet file. */
const MAX_FOOTER_BYTES = 2 ** 26
/** The most bytes that the columns of one group of rows unpack to. */
const MAX_GROUP_BYTES = 2 ** 30
/** The longest description of the columns that Hugging Face adds. */
const MAX_DESCRIPTION_BYTES = 2 ** 22
/** The rows of one group in a file that is written. */
const ROWS_OF_GROUP = 1000

/**
 * Reads a Parquet file with a column `image` of structs `{ bytes, path }`, or of bytes, and a
 * column `label` of whole numbers or names. The names of the classes come from the description that
 * Hugging Face adds.
 *
 * @param file a file or its bytes, of which parts are read
 * @throws DataError when the file is damaged, has other columns or is beyond a limit, or a picture
 *   cannot be read
 */
export async function readParquet(
  file: AsyncBuffer,
  name: string,
  {
    decode,
    signal,
  }: { readonly decode: PictureDecoder; readonly signal?: AbortSignal | undefined },
): Promise<ImageSet> {
  const { parquetMetadataAsync, parquetReadObjects, parquetSchema } = await import('hyparquet')
  const metadata = await refusedInOneLine(name, async () => {
    await checkFooter(file, name)
    return parquetMetadataAsync(file)
  })
  checkGroups(metadata, file.byteLength, name)
  const columns = await refusedInOneLine(name, () =>
    parquetSchema(metadata).children.map(({ element }) => element.name),
  )
  const image = columns.find((column) => /^(?:image|img|picture)$/i.test(column))
  const label = columns.find((column) => /^(?:label|labels|class|target|digit)$/i.test(column))
  if (image === undefined)
    throw new DataError({
      where: name,
      expected: 'a column called image, with pictures, and one called label',
      got: columns.join(', ') || 'no columns',
      hint: 'rename the columns',
    })
  const collector = new PictureCollector(name)
  const compressors = await boundedCompressors()
  let from = 0
  for (const { num_rows: rows } of metadata.row_groups) {
    signal?.throwIfAborted()
    const to = from + Number(rows)
    const read = await refusedInOneLine(name, () =>
      parquetReadObjects({
        file,
        metadata,
        columns: label === undefined ? [image] : [image, label],
        rowStart: from,
        rowEnd: to,
        compressors,
        // Without it bytes become texts.
        utf8: false,
      }),
    )
    if (read.length !== Number(rows)) throw damaged(name, `${read.length} rows of ${rows}`)
    for (const [at, row] of read.entries()) {
      const where = `${name}, row ${from + at}`
      const bytes = bytesOf(row[image])
      if (bytes === undefined)
        throw new DataError({
          where,
          what: `column ${image}`,
          expected: 'a picture in PNG or JPEG format',
          got: row[image] === null ? 'nothing' : typeof row[image],
          hint: 'embed the pictures in the file',
        })
      const text = label === undefined ? undefined : labelOf(row[label], where)
      collector.add(await decode(bytes, where), { folder: undefined, suffix: text }, where)
    }
    from = to
  }
  const classNames = classNamesIn(metadata, label)
  return { ...collector.finish(), ...(classNames === undefined ? {} : { classNames }) }
}

/** Checks how long the footer says that it is, because it is read as a whole. */
async function checkFooter(file: AsyncBuffer, name: string): Promise<void> {
  if (file.byteLength < 12) throw damaged(name, 'it is too short')
  const end = new DataView(await file.slice(file.byteLength - 8, file.byteLength))
  const length = end.getUint32(0, true)
  if (end.getUint32(4, true) !== 0x31524150) throw damaged(name, 'it does not end with PAR1')
  if (length <= Math.min(MAX_FOOTER_BYTES, file.byteLength - 8)) return
  throw new DataError({
    where: name,
    what: 'the footer',
    expected: `at most ${Math.min(MAX_FOOTER_BYTES, file.byteLength - 8)} bytes`,
    got: `${length}`,
    hint: 'the file is damaged; download it again',
  })
}

/**
 * The compressions that are read. The library's LZ4 fails on files that Arrow has written with it.
 */
const CODECS: readonly string[] = ['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'ZSTD', 'BROTLI']

/** Checks what the footer says about the groups of rows, before any of them is read. */
function checkGroups(metadata: FileMetaData, fileBytes: number, name: string): void {
  let rows = 0
  for (const group of metadata.row_groups ?? []) {
    rows += Number(group.num_rows)
    if (!(Number(group.num_rows) >= 0) || rows > MAX_SAMPLES)
      throw damaged(name, `${rows} rows`, `at most ${MAX_SAMPLES} rows`)
    let bytes = 0
    for (const { meta_data: column } of group.columns ?? []) {
      if (column === undefined) throw damaged(name, 'a column without a description')
      if (!CODECS.includes(column.codec))
        throw new DataError({
          where: name,
          what: `compressed with ${column.codec}`,
          expected: 'SNAPPY, GZIP, ZSTD, BROTLI or no compression',
          hint: "write it again, such as with compression='snappy'",
        })
      const packed = Number(column.total_compressed_size)
      bytes += Number(column.total_uncompressed_size)
      if (!(packed >= 0 && packed <= fileBytes))
        throw damaged(name, `a column of ${packed} bytes in a file of ${fileBytes}`)
    }
    if (!(bytes <= MAX_GROUP_BYTES))
      throw damaged(name, `a group of rows of ${bytes} bytes`, `at most ${MAX_GROUP_BYTES} bytes`)
  }
}

/** Returns decompressors that refuse to unpack more than a group of rows may have. */
async function boundedCompressors(): Promise<Compressors> {
  const { compressors } = await import('hyparquet-compressors')
  return Object.fromEntries(
    Object.entries(compressors).map(([codec, unpack]) => [
      codec,
      (input: Uint8Array, length: number) => {
        if (!(length >= 0 && length <= MAX_GROUP_BYTES))
          throw new Error(`a page of ${length} bytes`)
        return unpack(input, length)
      },
    ]),
  )
}

function bytesOf(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value
  if (typeof value !== 'object' || value === null) return undefined
  const { bytes } = value as { readonly bytes?: unknown }
  return bytes instanceof Uint8Array ? bytes : undefined
}

function labelOf(value: unknown, where: string): string {
  if (typeof value === 'bigint' || typeof value === 'number') return String(value)
  const text =
    value instanceof Uint8Array ? new TextDecoder().decode(value.subarray(0, 1000)) : value
  if (typeof text === 'string' && text !== '') return text
  throw new DataError({
    where,
    what: 'the label',
    expected: 'a whole number or a name',
    got: value === null || value === undefined ? 'nothing' : typeof value,
    hint: 'use a column with the class of each picture',
  })
}

/** Returns the names that Hugging Face's description gives the classes. */
function classNamesIn(metadata: FileMetaData, label = ''): readonly string[] | undefined {
  const text = metadata.key_value_metadata?.find(({ key }) => key === 'huggingface')?.value
  if (text === undefined) return undefined
  let description: unknown
  try {
    description = parseForeignJson(text, { maxSize: MAX_DESCRIPTION_BYTES })
  } catch (error) {
    // The pictures and their labels are complete without it.
    if (error instanceof JsonError) return undefined
    throw error
  }
  const names = ['info', 'features', label, 'names'].reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null
        ? (value as Readonly<Record<string, unknown>>)[key]
        : undefined,
    description,
  )
  return Array.isArray(names) && names.every((one) => typeof one === 'string') ? names : undefined
}

/** Turns whatever the library throws about a damaged file into an error of one line. */
async function refusedInOneLine<T>(name: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (cause) {
    if (cause instanceof DataError || (cause as Error).name === 'AbortError') throw cause
    throw damaged(name, cause instanceof Error ? cause.message : String(cause), undefined, cause)
  }
}

function damaged(where: string, got: string, expected?: string, cause?: unknown): DataError {
  return new DataError({
    where,
    what: `a damaged Parquet file (${got})`,
    ...(expected === undefined ? {} : { expected }),
    hint: 'download or write it again',
    cause,
  })
}

/**
 * Writes a Parquet file with the columns and the description of Hugging Face.
 *
 * @param pictures [count], in PNG format
 * @param labels [count]
 */
export async function writeParquet(
  pictures: readonly Uint8Array[],
  labels: ArrayLike<number>,
  classNames: readonly string[],
): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await import('hyparquet-writer')
  const description = {
    info: {
      features: {
        image: { _type: 'Image' },
        label: { names: classNames, _type: 'ClassLabel' },
      },
    },
  }
  const buffer = parquetWriteBuffer({
    columnData: [
      { name: 'image', data: pictures.map((bytes, at) => ({ bytes, path: `${at}.png` })) },
      { name: 'label', data: Array.from(labels, (label) => BigInt(label)) },
    ],
    schema: [
      { name: 'root', num_children: 2 },
      { name: 'image', num_children: 2, repetition_type: 'OPTIONAL' },
      { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
      { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
      { name: 'label', type: 'INT64', repetition_type: 'OPTIONAL' },
    ],
    rowGroupSize: ROWS_OF_GROUP,
    statistics: false,
    kvMetadata: [{ key: 'huggingface', value: JSON.stringify(description) }],
  })
  return new Uint8Array(buffer)
}
