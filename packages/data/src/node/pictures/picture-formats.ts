import type { RgbaImage } from '../../prepare-digit.js'
import { DataError } from '../../data-error.js'

/**
 * Decodes a picture. Its format is told by its first bytes and not by its name.
 *
 * @param path for errors
 * @throws DataError when the file is neither a PNG nor a JPEG file, or is damaged or too large
 */
export async function decodePicture(bytes: Buffer, path: string): Promise<RgbaImage> {
  // A decoder is loaded when the first picture of its format is read.
  if (isPng(bytes)) return (await import('./png.js')).decodePng(bytes, path)
  if (isJpeg(bytes)) return (await import('./jpeg.js')).decodeJpeg(bytes, path)
  throw new DataError({ where: path, ...toConvert(bytes) })
}

const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

/** Returns whether a file is a PNG file. */
function isPng(bytes: Uint8Array): boolean {
  return PNG_SIGNATURE.every((byte, at) => bytes[at] === byte)
}

/** Returns whether a file is a JPEG file. */
export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff
}

/** A format that people bring and that is not read. */
interface ForeignFormat {
  /** The name of the format, with its article. */
  readonly name: string
  /** Whether a file has this format. `text` is its beginning, one character for each byte. */
  readonly is: (text: string) => boolean
  /** How to convert it. */
  readonly hint: string
}

/** The bytes of a file in which the signs of a format are looked for. */
const HEAD_BYTES = 1024
const SAVE_AS = 'save it as PNG or JPEG'
const magick = (extension: string) =>
  `${SAVE_AS}, for example with ImageMagick: \`magick in.${extension} out.png\``

/** The lengths of the second header in the versions of BMP. */
const BMP_HEADERS = [12, 40, 52, 56, 64, 108, 124]
const hex = (text: string) => Array.from(text, (byte) => byte.charCodeAt(0).toString(16)).join('')

/** Returns the brand of a file in the container of MP4, HEIC and AVIF. */
const brandOf = (text: string) => (text.slice(4, 8) === 'ftyp' ? text.slice(8, 12) : undefined)

/** The formats that an error names. The first one that a file has counts. */
export const FOREIGN_FORMATS: readonly ForeignFormat[] = [
  { name: 'an empty file', is: (text) => text === '', hint: 'check the path' },
  {
    name: 'a HEIC file, as iPhones write them',
    is: (text) => /^(he[iv][cmsx]|mif1|msf1)$/.test(brandOf(text) ?? ''),
    hint: 'export it as JPEG, on a Mac with `sips -s format jpeg in.heic --out out.jpg`',
  },
  {
    name: 'an AVIF file',
    is: (text) => /^avi[fs]$/.test(brandOf(text) ?? ''),
    hint: magick('avif'),
  },
  {
    name: 'a video',
    is: (text) => brandOf(text) !== undefined,
    hint: `${SAVE_AS} one frame of it`,
  },
  {
    name: 'a WebP file',
    is: (text) => text.startsWith('RIFF') && text.slice(8, 12) === 'WEBP',
    hint: magick('webp'),
  },
  { name: 'a GIF file', is: (text) => /^GIF8[79]a/.test(text), hint: magick('gif') },
  {
    name: 'a BMP file',
    // The second header begins with its length, behind the first one of 14 bytes.
    is: (text) => text.startsWith('BM') && BMP_HEADERS.includes(text.charCodeAt(14)),
    hint: magick('bmp'),
  },
  {
    name: "a TIFF file or a camera's raw file",
    is: (text) => ['II*\0', 'II+\0', 'MM\0*', 'MM\0+'].includes(text.slice(0, 4)),
    hint: magick('tiff'),
  },
  { name: 'an icon file', is: (text) => text.startsWith('\0\0\x01\0'), hint: magick('ico') },
  {
    name: 'a JPEG XL file',
    is: (text) => text.startsWith('\xff\x0a') || text.slice(4, 8) === 'JXL ',
    hint: magick('jxl'),
  },
  {
    name: 'a JPEG 2000 file',
    is: (text) => text.startsWith('\xff\x4f\xff\x51') || text.slice(4, 8) === 'jP  ',
    hint: magick('jp2'),
  },
  { name: 'a Photoshop file', is: (text) => text.startsWith('8BPS'), hint: magick('psd') },
  {
    name: 'a picture of the PBM, PGM or PPM format',
    is: (text) => /^P[1-7]\s/.test(text),
    hint: magick('pgm'),
  },
  {
    name: 'a PDF file',
    is: (text) => text.includes('%PDF-'),
    hint: `${SAVE_AS}, for example with poppler: \`pdftoppm -png -r 150 in.pdf out\``,
  },
  {
    name: 'a PostScript file',
    is: (text) => text.startsWith('%!PS'),
    hint: magick('ps'),
  },
  {
    name: 'an SVG file',
    is: (text) => /<svg[\s>]/i.test(text),
    hint: `${SAVE_AS}, for example with librsvg: \`rsvg-convert in.svg -o out.png\``,
  },
  {
    name: 'a web page',
    is: (text) => /^\s*(<!doctype html|<html)/i.test(text),
    hint: 'save the picture itself and not the page that shows it',
  },
  {
    name: "a file of MNIST's images or labels",
    // The type of the numbers is a byte from 8 to 14, and the number of dimensions follows.
    is: (text) => text.startsWith('\0\0') && /^[8-9a-e][1-4]$/.test(hex(text.slice(2, 4))),
    hint: 'name a picture in PNG or JPEG format; `mnist evaluate --data DIR` reads such files',
  },
]

function toConvert(bytes: Buffer): { what: string; expected: string; hint: string } {
  const text = bytes.toString('latin1', 0, HEAD_BYTES)
  const format = FOREIGN_FORMATS.find(({ is }) => is(text))
  return {
    what: format?.name ?? 'not a picture in a known format',
    expected: 'a PNG or JPEG file',
    hint: format?.hint ?? SAVE_AS,
  }
}
