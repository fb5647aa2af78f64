// Reads and writes CSV files of images: one row for each image, with its label and its pixels.
import { DataError } from '../data-error.js'
import { ImageCollector, type ImageSet, type ImageShape } from './image-set.js'

/** The longest line of a CSV file. A line of MNIST has 2 KB. */
export const MAX_LINE_BYTES = 2 ** 24
/** The longest label, which is a class's name or number. */
const MAX_LABEL_BYTES = 1000

const [NEWLINE, RETURN, SPACE, QUOTE] = [0x0a, 0x0d, 0x20, 0x22]
const [ZERO, NINE] = [0x30, 0x39]
const DELIMITERS = [',', ';', '\t'] as const
/** The names that the column of the labels has in public files. */
const LABEL_COLUMN = /^(?:labels?|class(?:es)?|target|digit|y)$/i
/** Names such as `pixel0`, and `p1`. */
const NUMBERED_PIXEL = /^[a-z_ ]*?(\d+)$/i
/** Names such as `1x28`, the row and the column. */
const PLACED_PIXEL = /^(\d+)x(\d+)$/i

/**
 * Reads a CSV file of images. These layouts are known: a label and the pixels without a header; a
 * header with one column of labels and the pixels `pixel0` …, `pixel1` … or `1x1` … `28x28`; and a
 * header of pixels alone, whose images have no labels. Columns are separated by commas, semicolons
 * or tabs.
 *
 * @param source the bytes of the file, in parts of any length
 * @throws DataError naming the line when a row has another number of fields, or a pixel that is no
 *   whole number from 0 to 255; or when the file is beyond a limit
 */
export async function readCsv(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  name: string,
): Promise<ImageSet> {
  const reader = new CsvReader(name)
  for await (const part of source) reader.push(part)
  return reader.finish()
}

/** What the first line says about all rows. */
interface Layout {
  readonly delimiter: number
  readonly columns: number
  /** The index of the column with the labels, or −1. */
  readonly label: number
  readonly shape: ImageShape
  readonly hasHeader: boolean
}

class CsvReader {
  readonly #name: string
  #layout: Layout | undefined
  #images: ImageCollector | undefined
  /** The beginning of a line whose end has not come yet. */
  #begun: Uint8Array[] = []
  #begunBytes = 0
  #line = 1

  constructor(name: string) {
    this.#name = name
  }

  push(part: Uint8Array): void {
    let from = 0
    // The first line says what the others are, and empty lines may come before it.
    while (this.#begunBytes > 0 || this.#layout === undefined) {
      const end = part.indexOf(NEWLINE, from)
      this.#begin(end === -1 ? part.subarray(from) : part.subarray(from, end + 1))
      if (end === -1) return
      this.#finishLine()
      from = end + 1
    }
    const end = part.lastIndexOf(NEWLINE) + 1
    if (end > from) this.#rows(part.subarray(from, end))
    this.#begin(part.subarray(Math.max(from, end)))
  }

  finish(): ImageSet {
    this.#finishLine()
    if (this.#images !== undefined) return this.#images.finish()
    throw new DataError({
      where: this.#name,
      what: 'an empty file',
      expected: 'a row for each image',
      hint: 'check the path',
    })
  }

  #begin(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#begunBytes += bytes.length
    if (this.#begunBytes > MAX_LINE_BYTES)
      throw this.#wrong('a line is too long', {
        expected: `at most ${MAX_LINE_BYTES} bytes`,
        got: 'more',
        hint: 'check that it is a CSV file with a line for each image',
      })
    // A copy, because the caller may use its memory again.
    this.#begun.push(bytes.slice())
  }

  #finishLine(): void {
    if (this.#begunBytes === 0) return
    const line = new Uint8Array(this.#begunBytes + 1)
    let at = 0
    for (const bytes of this.#begun) {
      line.set(bytes, at)
      at += bytes.length
    }
    if (line[at - 1] !== NEWLINE) line[at++] = NEWLINE
    this.#begun = []
    this.#begunBytes = 0
    if (this.#layout === undefined) {
      const bytes = withoutMark(line.subarray(0, at))
      if (isBlank(bytes)) {
        this.#line++
        return
      }
      this.#layout = layoutOf(bytes, this.#name)
      this.#images = new ImageCollector(this.#name, this.#layout.shape)
      if (this.#layout.hasHeader) this.#line++
      else this.#rows(bytes)
    } else this.#rows(line.subarray(0, at))
  }

  /** Reads whole lines. Each byte is looked at once, because a file of MNIST has 110 million. */
  #rows(bytes: Uint8Array): void {
    const { delimiter, columns, label: labelColumn } = this.#layout!
    const images = this.#images!
    let { memory, at } = images.next()
    let [value, digits, column, start] = [0, 0, 0, 0]
    let isPlain = true
    let label: string | undefined
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i]!
      if (byte >= ZERO && byte <= NINE) {
        value = value * 10 + byte - ZERO
        digits++
        continue
      }
      if (byte !== delimiter && byte !== NEWLINE) {
        if (byte !== RETURN && byte !== SPACE && byte !== QUOTE) isPlain = false
        continue
      }
      if (byte === NEWLINE && column === 0 && isPlain && digits === 0) {
        // An empty line, as many programs leave at the end.
        this.#line++
        start = i + 1
        continue
      }
      if (column >= columns) throw this.#otherFields(`more than ${columns}`)
      if (column === labelColumn) label = this.#label(bytes.subarray(start, i))
      else {
        if (!isPlain || digits === 0 || value > 255)
          value = this.#pixel(bytes.subarray(start, i), column)
        memory[at++] = value
      }
      value = 0
      digits = 0
      isPlain = true
      start = i + 1
      column++
      if (byte !== NEWLINE) continue
      if (column !== columns) throw this.#otherFields(String(column))
      images.keep(label)
      column = 0
      this.#line++
      if (i + 1 < bytes.length) ({ memory, at } = images.next())
    }
  }

  #label(bytes: Uint8Array): string {
    if (bytes.length > MAX_LABEL_BYTES)
      throw this.#wrong('a label is too long', {
        expected: `at most ${MAX_LABEL_BYTES} bytes`,
        got: String(bytes.length),
        hint: 'put the label before the pixels, or name its column in a header',
      })
    // Programs that compute in floats write 5.0 for 5.
    const text = textOf(bytes).replace(/^(\d+)\.0*$/, '$1')
    if (text !== '') return text
    throw this.#wrong('there is no label', { hint: 'correct the row' })
  }

  /** Returns the pixel of a field that is written in another way than as digits. */
  #pixel(bytes: Uint8Array, column: number): number {
    const text = textOf(bytes.subarray(0, 100))
    const value = text === '' ? Number.NaN : Number(text)
    if (Number.isInteger(value) && value >= 0 && value <= 255) return value
    throw this.#wrong(`field ${column + 1}`, {
      expected: 'a whole number from 0 to 255',
      got: JSON.stringify(text),
      hint:
        value > 0 && value < 1
          ? 'store the pixels before they are normalised'
          : 'correct the row, or use another file',
    })
  }

  #otherFields(got: string): DataError {
    return this.#wrong('another number of fields than the first line', {
      expected: String(this.#layout!.columns),
      got,
      hint: 'the file is damaged or cut off; download or write it again',
    })
  }

  #wrong(
    what: string,
    facts: { readonly expected?: string; readonly got?: string; readonly hint: string },
  ): DataError {
    return new DataError({ where: `${this.#name}, line ${this.#line}`, what, ...facts })
  }
}

function layoutOf(line: Uint8Array, name: string): Layout {
  const text = new TextDecoder().decode(line)
  const delimiter = DELIMITERS.find((candidate) => text.includes(candidate)) ?? ','
  const fields = text.split(delimiter).map(unquoted)
  const columns = fields.length
  const common = { delimiter: delimiter.charCodeAt(0), columns }
  const isNumber = (field: string) => field !== '' && !Number.isNaN(Number(field))
  if (fields.slice(1).every(isNumber) && (columns > 1 || isNumber(fields[0]!))) {
    // A square number of fields has no label, because no two square numbers follow each other.
    const side = Math.sqrt(columns - 1)
    if (columns > 2 && Number.isInteger(side))
      return { ...common, label: 0, shape: [side, side, 1], hasHeader: false }
    throw new DataError({
      where: name,
      what: 'a file without a header',
      expected: 'a label and the pixels of a square image in each row, such as 785 fields',
      got: `${columns}`,
      hint: 'add a header: label,1x1,1x2,… with the row and the column of each pixel',
    })
  }
  const labels = fields.flatMap((field, at) => (LABEL_COLUMN.test(field) ? [at] : []))
  if (labels.length > 1)
    throw new DataError({
      where: name,
      expected: 'one column of labels',
      got: labels.map((at) => fields[at]!).join(' and '),
      hint: 'leave one of them out',
    })
  const label = labels[0] ?? -1
  const pixels = fields.filter((_, at) => at !== label)
  return { ...common, label, shape: shapeOf(pixels, name), hasHeader: true }
}

/** Returns the shape that the names of the pixels say. */
function shapeOf(pixels: readonly string[], name: string): ImageShape {
  const last = PLACED_PIXEL.exec(pixels.at(-1) ?? '')
  const first = Number(/\d+/.exec(pixels[0] ?? '')?.[0])
  if (last !== null && first <= 1) {
    const [height, width] = [Number(last[1]) - first + 1, Number(last[2]) - first + 1]
    const stray = pixels.findIndex((pixel, at) => {
      const place = PLACED_PIXEL.exec(pixel)
      return (
        place === null ||
        Number(place[1]) - first !== Math.floor(at / width) ||
        Number(place[2]) - first !== at % width
      )
    })
    if (stray === -1 && height * width === pixels.length) return [height, width, 1]
    throw notPixels(name, pixels[Math.max(0, stray)]!)
  }
  const stray = pixels.findIndex((pixel, at) => {
    const number = NUMBERED_PIXEL.exec(pixel)?.[1]
    return number === undefined || Number(number) - first !== at || first > 1
  })
  if (stray !== -1 || pixels.length === 0) throw notPixels(name, pixels[stray] ?? '')
  const side = Math.sqrt(pixels.length)
  if (Number.isInteger(side)) return [side, side, 1]
  throw new DataError({
    where: name,
    expected: 'the pixels of a square image in each row',
    got: `${pixels.length} of them`,
    hint: 'name the columns 1x1, 1x2, … by the row and the column of each pixel',
  })
}

function notPixels(name: string, column: string): DataError {
  return new DataError({
    where: `${name}, line 1`,
    what: 'the column names',
    expected: 'label, and pixel0, pixel1, … or 1x1, 1x2, … in their order',
    got: JSON.stringify(column.slice(0, 40)),
    hint: 'remove other columns, such as an index',
  })
}

function textOf(bytes: Uint8Array): string {
  return unquoted(new TextDecoder().decode(bytes))
}

function unquoted(field: string): string {
  return field
    .trim()
    .replace(/^"([^"]*)"$/, '$1')
    .trim()
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === NEWLINE || byte === RETURN || byte === SPACE)
}

/** Returns the bytes behind the mark with which some programs begin a text in UTF-8. */
function withoutMark(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes
}

/** The images of one part of a CSV file that is written. */
const ROWS_AT_ONCE = 512

/**
 * Writes images as a CSV file with the header `label,1x1,1x2,…`, in parts.
 *
 * @param labels [count], numbers
 * @throws DataError when the images have more than one channel
 */
export function* writeCsv(
  name: string,
  { images, count, shape }: Pick<ImageSet, 'images' | 'count' | 'shape'>,
  labels: ArrayLike<number>,
): Generator<Uint8Array> {
  const [height, width, channels] = shape
  if (channels !== 1)
    throw new DataError({
      where: name,
      expected: 'grey images for a CSV file',
      got: `${channels} channels`,
      hint: 'write idx, npz, parquet, folder or tar',
    })
  const size = height * width
  const places = Array.from(
    { length: size },
    (_, at) => `${Math.floor(at / width) + 1}x${(at % width) + 1}`,
  )
  const encoder = new TextEncoder()
  yield encoder.encode(`label,${places.join(',')}\n`)
  for (let from = 0; from < count; from += ROWS_AT_ONCE) {
    let text = ''
    for (let i = from; i < Math.min(from + ROWS_AT_ONCE, count); i++)
      text += `${labels[i]!},${images.subarray(i * size, (i + 1) * size).join(',')}\n`
    yield encoder.encode(text)
  }
}
