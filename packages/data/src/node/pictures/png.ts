import { inflateRawSync } from 'node:zlib'
import type { RgbaImage } from '../../prepare-digit.js'
import { DataError } from '../../data-error.js'
import { PNG } from 'pngjs'
import { checkPictureSize } from './picture-size.js'

/** The bytes in front of the compressed pixels (RFC 1950). */
const ZLIB_HEAD = 2
/** The most bytes behind the last pixel, which some programs leave. */
const MAX_EXTRA_BYTES = 1024
/** The most bytes of a palette: 256 colours of 3 bytes. */
const MAX_PALETTE_BYTES = 768
/** The longest transparency chunk: one byte for each colour of a palette. */
const MAX_TRANSPARENCY_BYTES = 256

/** The bytes of the signature, with which every PNG file begins. */
const SIGNATURE_BYTES = 8
/** Length and type before the data of a chunk, and a checksum behind it. */
const CHUNK_HEAD = 8
const CHUNK_TAIL = 4
/** Samples per pixel, by the colour type of the header. */
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }

interface Header {
  readonly width: number
  readonly height: number
  readonly bitsPerPixel: number
  readonly interlaced: boolean
}

/**
 * Decodes a PNG file. All chunks are checked before the decoder sees them, so a file cannot make it
 * allocate more than the limits of pictures allow. The decoder gets only the chunks that say
 * what the pixels are; text, animation and bytes behind the last chunk are left out.
 *
 * @param bytes a file with the signature of PNG
 * @param path for errors
 * @throws DataError when the file is damaged or too large
 */
export function decodePng(bytes: Buffer, path: string): RgbaImage {
  const { header, chunks, pixels } = checkedChunks(bytes, path)
  const expected = filteredBytes(header)
  try {
    // The decoder takes memory for all pixels that the header declares and leaves those black that
    // the file does not have, and it sets no limit to the pixels of interlaced pictures.
    // It ignores the checksum of the pixels, which some programs write wrongly, and so does this.
    const { length: got } = inflateRawSync(pixels.subarray(ZLIB_HEAD), {
      maxOutputLength: expected + MAX_EXTRA_BYTES,
    })
    if (got < expected) throw new Error(`its pixels have ${got} bytes, expected ${expected}`)
    return PNG.sync.read(chunks)
  } catch (cause) {
    throw damaged(path, cause instanceof Error ? cause.message : String(cause), cause)
  }
}

/**
 * Reads the chunks up to the last one of the picture.
 *
 * @returns `chunks`: a PNG file of those that the decoder needs; `pixels`: the compressed pixels
 * @throws DataError when a chunk is cut off, out of place or too large
 */
function checkedChunks(
  bytes: Buffer,
  path: string,
): { header: Header; chunks: Buffer; pixels: Buffer } {
  const kept = [bytes.subarray(0, SIGNATURE_BYTES)]
  const pixels: Buffer[] = []
  const seen = new Set<string>()
  let header: Header | undefined
  for (let at = SIGNATURE_BYTES; !seen.has('IEND');) {
    if (at + CHUNK_HEAD > bytes.length) throw damaged(path, 'it ends before its last chunk')
    const length = bytes.readUInt32BE(at)
    const type = bytes.toString('latin1', at + 4, at + CHUNK_HEAD)
    const data = bytes.subarray(at + CHUNK_HEAD, at + CHUNK_HEAD + length)
    if (type === 'CgBI') throw notStandard(path)
    // The size is checked first, so that it is named even if the file is cut off behind it.
    if (header === undefined) header = readHeader(type, data, path)
    else if (type === 'IHDR') throw damaged(path, 'it has two headers')
    const end = at + CHUNK_HEAD + length + CHUNK_TAIL
    if (end > bytes.length) throw damaged(path, 'it ends in the middle of a chunk')
    if ((type === 'PLTE' || type === 'tRNS') && seen.has(type))
      throw damaged(path, `it has two ${type} chunks`)
    if (type === 'PLTE' && length > MAX_PALETTE_BYTES)
      throw damaged(path, `a palette of ${length} bytes, at most ${MAX_PALETTE_BYTES} are possible`)
    if (type === 'tRNS' && length > MAX_TRANSPARENCY_BYTES)
      throw damaged(path, `transparency of ${length} bytes, at most ${MAX_TRANSPARENCY_BYTES}`)
    seen.add(type)
    if (type === 'IDAT') pixels.push(data)
    // A chunk whose type begins with a small letter is no part of the picture, except for tRNS.
    if (type === 'tRNS' || /^[A-Z]/.test(type)) kept.push(bytes.subarray(at, end))
    at = end
  }
  if (!seen.has('IDAT')) throw damaged(path, 'it has no pixels')
  return { header: header!, chunks: Buffer.concat(kept), pixels: Buffer.concat(pixels) }
}

/** Returns the content of the first chunk, whose sizes are checked. */
function readHeader(type: string, data: Buffer, path: string): Header {
  if (type !== 'IHDR' || data.length !== 13) throw damaged(path, 'it does not begin with a header')
  const [width, height] = [data.readUInt32BE(0), data.readUInt32BE(4)]
  const [depth, colourType] = [data[8]!, data[9]!]
  const samples = SAMPLES[colourType]
  if (samples === undefined) throw damaged(path, `colour type ${colourType} does not exist`)
  if (width === 0 || height === 0) throw damaged(path, `its size is ${width}×${height}`)
  checkPictureSize({ width, height, bitsPerSample: depth }, path)
  return { width, height, bitsPerPixel: samples * depth, interlaced: data[12] !== 0 }
}

/**
 * The first column and row of the seven pictures that an interlaced picture consists of, and the
 * steps to the next ones (PNG specification, section 8.2).
 */
const INTERLACED = [
  { x: 0, y: 0, dx: 8, dy: 8 },
  { x: 4, y: 0, dx: 8, dy: 8 },
  { x: 0, y: 4, dx: 4, dy: 8 },
  { x: 2, y: 0, dx: 4, dy: 4 },
  { x: 0, y: 2, dx: 2, dy: 4 },
  { x: 1, y: 0, dx: 2, dy: 2 },
  { x: 0, y: 1, dx: 1, dy: 2 },
]

/**
 * Returns how many bytes the pixels of a picture have before they are unfiltered. Each row begins
 * with one byte for its filter and ends in a whole byte.
 */
function filteredBytes({ width, height, bitsPerPixel, interlaced }: Header): number {
  const parts = interlaced ? INTERLACED : [{ x: 0, y: 0, dx: 1, dy: 1 }]
  return parts.reduce((bytes, { x, y, dx, dy }) => {
    const [columns, rows] = [Math.ceil((width - x) / dx), Math.ceil((height - y) / dy)]
    // A picture that is smaller than the step has no such part.
    return columns <= 0 || rows <= 0
      ? bytes
      : bytes + rows * (1 + Math.ceil((columns * bitsPerPixel) / 8))
  }, 0)
}

function damaged(path: string, why: string, cause?: unknown): DataError {
  return new DataError({
    where: path,
    what: `the PNG file is damaged (${why})`,
    hint: 'save it again',
    ...(cause === undefined ? {} : { cause }),
  })
}

function notStandard(path: string): DataError {
  return new DataError({
    where: path,
    what: 'not a standard PNG but the variant that Xcode writes (chunk CgBI)',
    hint: 'convert it with `xcrun pngcrush -revert-iphone-optimizations in.png out.png`, or open it on a Mac and export it as PNG',
  })
}
