// Parquet files of pictures, as Hugging Face publishes datasets.
import { JsonError, parseForeignJson } from '@mnist-lab/core'
import type { AsyncBuffer, FileMetaData } from 'hyparquet'
import { DataError } from '../data-error.js'
import { type ImageSet, MAX_SAMPLES } from './image-set.js'
import { leavesOf, readParquetColumn } from './parquet-column.js'
import { PictureCollector, type PictureDecoder } from './picture-set.js'

/** The longest footer of a Parquet file. */
const MAX_FOOTER_BYTES = 2 ** 26
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
  const { parquetMetadataAsync, parquetSchema } = await import('hyparquet')
  const { metadata, leaves } = await refusedInOneLine(name, async () => {
    await checkFooter(file, name)
    // The names of places on a map are not needed, and looking for them may not end.
    const read = await parquetMetadataAsync(file, { geoparquet: false })
    return { metadata: read, leaves: leavesOf(parquetSchema(read)) }
  })
  checkGroups(metadata, name)
  const image = leaves.find((leaf) => /^(?:image|img|picture)(?:\.bytes)?$/i.test(leaf))
  const label = leaves.find((leaf) => /^(?:labels?|class|target|digit)$/i.test(leaf))
  if (image === undefined)
    throw new DataError({
      where: name,
      expected: 'a column called image, with pictures, and one called label',
      got: leaves.slice(0, 10).join(', ') || 'no columns',
      hint: 'rename the columns',
    })
  const collector = new PictureCollector(name)
  let row = 0
  for (const group of metadata.row_groups.keys()) {
    signal?.throwIfAborted()
    const [pictures, labels] = await refusedInOneLine(name, async () => [
      await readParquetColumn(file, metadata, { group, path: image }),
      label === undefined
        ? undefined
        : await readParquetColumn(file, metadata, { group, path: label }),
    ])
    for (let at = 0; at < pictures.length; at++, row++) {
      const where = `${name}, row ${row}`
      const bytes = pictures[at]
      if (!(bytes instanceof Uint8Array))
        throw new DataError({
          where,
          what: `column ${image}`,
          expected: 'a picture in PNG or JPEG format',
          got: bytes === null || bytes === undefined ? 'nothing' : typeof bytes,
          hint: 'embed the pictures in the file',
        })
      const text = labels === undefined ? undefined : labelOf(labels[at], where)
      collector.add(await decode(bytes, where), { folder: undefined, suffix: text }, where)
    }
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
function checkGroups({ row_groups: groups }: FileMetaData, name: string): void {
  let rows = 0
  for (const { num_rows, columns } of groups ?? []) {
    rows += Number(num_rows)
    if (typeof num_rows !== 'bigint' || num_rows < 0n || rows > MAX_SAMPLES)
      throw damaged(name, `${rows} rows, at most ${MAX_SAMPLES} are read`)
    for (const { meta_data: column } of columns ?? []) {
      if (!Array.isArray(column?.path_in_schema))
        throw damaged(name, 'a column without a description')
      if (CODECS.includes(column.codec)) continue
      throw new DataError({
        where: name,
        what: `compressed with ${column.codec}`,
        expected: 'SNAPPY, GZIP, ZSTD, BROTLI or no compression',
        hint: "write it again, such as with compression='snappy'",
      })
    }
  }
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
    throw damaged(name, cause instanceof Error ? cause.message : String(cause), cause)
  }
}

function damaged(where: string, why: string, cause?: unknown): DataError {
  return new DataError({
    where,
    what: `a damaged Parquet file (${why})`,
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
