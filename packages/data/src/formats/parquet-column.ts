// Reads one column of one group of rows of a Parquet file. The library's own reading of rows leaves
// promises behind when several columns of a damaged file fail, and believes what pages say about
// their sizes; here everything is checked first, and then read in one go.
import type { AsyncBuffer, ColumnMetaData, FileMetaData, SchemaTree } from 'hyparquet'
import type { ColumnDecoder } from 'hyparquet/src/types.js'
import { checkPages } from './parquet-pages.js'

/** The most rows of one group. Arrow writes as many by default. */
const MAX_GROUP_ROWS = 2 ** 20

/**
 * Returns the columns of a schema that hold values, by their paths, such as `image.bytes`.
 *
 * @throws Error when a group of them repeats, as in lists
 */
export function leavesOf({ children, element, path }: SchemaTree): string[] {
  if (element.repetition_type === 'REPEATED') return []
  return children.length === 0 ? [path.join('.')] : children.flatMap((child) => leavesOf(child))
}

/**
 * Reads a column of a group of rows.
 *
 * @param path such as `image.bytes`
 * @returns a value for each row, null or undefined where there is none
 * @throws Error when the file is damaged or beyond a limit
 */
export async function readParquetColumn(
  file: AsyncBuffer,
  metadata: FileMetaData,
  { group, path }: { readonly group: number; readonly path: string },
): Promise<readonly unknown[]> {
  const [
    { parquetSchema },
    { parquetHeader: headerOf, readColumn },
    { getTreePath },
    { DEFAULT_PARSERS },
  ] = await Promise.all([
    import('hyparquet'),
    import('hyparquet/src/column.js'),
    import('hyparquet/src/schema.js'),
    import('hyparquet/src/convert.js'),
  ])
  const { columns, num_rows } = metadata.row_groups[group]!
  const rows = Number(num_rows)
  if (rows > MAX_GROUP_ROWS)
    throw new Error(`a group of ${rows} rows, at most ${MAX_GROUP_ROWS} are read`)
  const column = columns.find(({ meta_data }) => meta_data?.path_in_schema.join('.') === path)
  const described = column?.meta_data
  if (described === undefined) throw new Error(`no column ${path} in group ${group}`)
  const { start, length } = placeOf(described, file.byteLength)
  const view = new DataView(await file.slice(start, start + length))
  const schemaPath = getTreePath(parquetSchema(metadata), described.path_in_schema)
  const { compressors } = await import('hyparquet-compressors')
  const { codec, type } = described
  checkPages({
    view,
    rows,
    type,
    schemaPath,
    headerOf,
    unpack: (bytes, length) =>
      codec === 'UNCOMPRESSED' ? bytes : compressors[codec]!(bytes, length),
  })
  const decoder: ColumnDecoder = {
    ...described,
    pathInSchema: described.path_in_schema,
    element: schemaPath.at(-1)!.element,
    schemaPath,
    parsers: DEFAULT_PARSERS,
    compressors,
    // Without it bytes become texts.
    utf8: false,
  }
  const select = { groupStart: 0, selectStart: 0, selectEnd: rows, groupRows: rows }
  const { data } = readColumn({ view, offset: 0 }, select, decoder)
  const values = data.flatMap((part) => Array.from<unknown>(part)).map(unwrapped)
  if (values.length !== rows) throw new Error(`${values.length} values of ${path} in ${rows} rows`)
  return values
}

/** Returns a value without the lists of one element that stand for optional structs around it. */
function unwrapped(value: unknown): unknown {
  let inner = value
  while (Array.isArray(inner)) inner = inner[0] as unknown
  return inner
}

function placeOf(
  { dictionary_page_offset, data_page_offset, total_compressed_size }: ColumnMetaData,
  fileBytes: number,
): { start: number; length: number } {
  const first = dictionary_page_offset || data_page_offset
  const [start, length] = [Number(first), Number(total_compressed_size)]
  if (!(start >= 0 && length >= 0 && start + length <= fileBytes))
    throw new Error(`a column of ${length} bytes from ${start} on in a file of ${fileBytes}`)
  return { start, length }
}
