import stringWidth from 'string-width'
import { escapeHtml } from '../escape.js'
import { INK, MUTED, PAPER, RULE, svgDocument } from '../theme.js'
import { short, type Picture } from './picture.js'

/** A picture and the lines of text under it. */
export interface LabelledPicture {
  readonly picture: Picture
  readonly label?: readonly string[]
}

/** The content of a {@link pictureSheet}. */
export interface PictureSheetData {
  readonly title: string
  readonly pictures: readonly LabelledPicture[]
  /** The width of a picture in pixels. @default 72 */
  readonly size?: number
}

const MARGIN = 12
const GAP = 14
const FONT = 12
const LINE = 15
/** The largest width of a letter in pixels. */
const LETTER = FONT * 0.62

/**
 * Draws pictures with labels in rows, as many in a row as fit the width.
 *
 * @param size the width in pixels @default 840
 * @returns an SVG document
 */
export function pictureSheet(
  { title, pictures, size = 72 }: PictureSheetData,
  { width = 840 }: { readonly width?: number } = {},
): string {
  const widest = Math.max(
    0,
    ...pictures.flatMap(({ label = [] }) => label.map((line) => stringWidth(line) * LETTER)),
  )
  const cell = Math.min(Math.max(size, widest), size * 2.5, width - 2 * MARGIN)
  const columns = Math.max(
    1,
    Math.min(pictures.length, Math.floor((width - 2 * MARGIN + GAP) / (cell + GAP))),
  )
  const high = Math.max(
    0,
    ...pictures.map(({ picture }) => (size * picture.height) / picture.width),
  )
  const labels = Math.max(0, ...pictures.map(({ label = [] }) => label.length))
  const pitch = high + labels * LINE + (labels > 0 ? 4 : 0) + GAP
  const rows = Math.ceil(pictures.length / columns)
  const head = 32
  const drawn = pictures.map(({ picture, label = [] }, at) => {
    const left = MARGIN + (at % columns) * (cell + GAP)
    const top = head + Math.floor(at / columns) * pitch
    const height = (size * picture.height) / picture.width
    const x = left + (cell - size) / 2
    const lines = label.map((line, row) =>
      text(
        clip(line, cell),
        left + cell / 2,
        top + high + 14 + row * LINE,
        `text-anchor="middle" fill="${row === 0 ? INK : MUTED}"`,
      ),
    )
    return (
      `<svg x="${short(x)}" y="${short(top)}" width="${size}" height="${short(height)}" viewBox="0 0 ${picture.width} ${picture.height}">${picture.content}</svg>` +
      `<rect x="${short(x)}" y="${short(top)}" width="${size}" height="${short(height)}" fill="none" stroke="${RULE}"/>${lines.join('')}`
    )
  })
  const height = Math.ceil(head + rows * pitch)
  const across = Math.min(
    width,
    Math.max(
      Math.ceil(2 * MARGIN + columns * (cell + GAP) - GAP),
      Math.ceil(title.length * LETTER * 1.2) + 2 * MARGIN,
    ),
  )
  return svgDocument(
    across,
    height,
    title,
    [
      `<rect width="${across}" height="${height}" fill="${PAPER}"/>`,
      text(
        clip(title, (across - 2 * MARGIN) * 0.86),
        MARGIN,
        20,
        `font-weight="bold" fill="${INK}"`,
        14,
      ),
      ...drawn,
    ].join('\n'),
  )
}

function text(words: string, x: number, y: number, attributes: string, size = FONT): string {
  return `<text x="${short(x)}" y="${short(y)}" font-family="Arial, Helvetica, Liberation Sans, sans-serif" font-size="${size}" ${attributes}>${escapeHtml(words)}</text>`
}

function clip(words: string, width: number): string {
  const room = Math.floor(width / LETTER)
  return stringWidth(words) <= room
    ? words
    : `${Array.from(words)
        .slice(0, Math.max(1, room - 1))
        .join('')}…`
}
