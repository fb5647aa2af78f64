import { INK, PALETTE, PAPER, svgDocument } from '../theme.js'

/** A small drawing without a frame. */
export interface Picture {
  /** The width in the unit of the drawing. */
  readonly width: number
  readonly height: number
  /** SVG elements with colours from the theme. */
  readonly content: string
}

/**
 * Draws one picture as an SVG document.
 *
 * @param pixels the width in pixels
 * @param title the text for screen readers
 */
export function pictureSvg(
  { width, height, content }: Picture,
  pixels: number,
  title: string,
): string {
  return svgDocument(
    pixels,
    Math.round((pixels * height) / width),
    title,
    `<svg viewBox="0 0 ${width} ${height}">${content}</svg>`,
  )
}

/** The number of grey levels. More could not be told apart at this size. */
const LEVELS = 16

/**
 * Draws an image of a digit. The stroke has the colour of text.
 *
 * @param pixels [height, width], from 0 (background) to 255 (stroke)
 * @throws RangeError if the number of pixels is wrong
 */
export function digitPicture(pixels: Uint8Array, width = 28, height = 28): Picture {
  if (pixels.length !== width * height)
    throw new RangeError(`pixels: expected ${width} × ${height}, got ${pixels.length}`)
  const paths = Array.from({ length: LEVELS }, () => '')
  for (let y = 0; y < height; y++) {
    // One path per level, made of horizontal runs, takes a tenth of the bytes of one rectangle per
    // pixel.
    for (let x = 0, end = 0; x < width; x = end) {
      const level = levelOf(pixels[y * width + x]!)
      for (end = x + 1; end < width && levelOf(pixels[y * width + end]!) === level; end++);
      if (level > 0) paths[level - 1] += `M${x} ${y}h${end - x}v1h-${end - x}z`
    }
  }
  const strokes = paths.map((path, at) =>
    path === ''
      ? ''
      : `<path d="${path}" fill="${INK}" fill-opacity="${Math.round(((at + 1) / LEVELS) * 100) / 100}"/>`,
  )
  return {
    width,
    height,
    content: `<g shape-rendering="crispEdges"><rect width="${width}" height="${height}" fill="${PAPER}"/>${strokes.join('')}</g>`,
  }
}

function levelOf(pixel: number): number {
  return Math.round((pixel / 255) * LEVELS)
}

/**
 * Draws the weights of a filter. Weights above 0 are blue, weights below 0 are vermillion with a
 * dash, and the colour is deeper further from 0.
 *
 * @param weights [height, width]
 * @param scale the absolute weight with the full colour: the largest of all filters that are shown
 *   together
 * @throws RangeError if the number of weights is wrong
 */
export function filterPicture(
  weights: ArrayLike<number>,
  width: number,
  height: number,
  scale: number,
): Picture {
  if (weights.length !== width * height)
    throw new RangeError(`weights: expected ${width} × ${height}, got ${weights.length}`)
  const cells = Array.from(weights, (weight, at) => {
    const x = at % width
    const y = Math.floor(at / width)
    const depth = scale > 0 ? Math.min(1, Math.abs(weight) / scale) : 0
    const cell = `<rect x="${x}" y="${y}" width="1" height="1" fill="${PALETTE[weight < 0 ? 1 : 0]!}" fill-opacity="${short(depth)}"/>`
    // The dash shows the sign without colour.
    return weight < 0 && depth >= 0.1
      ? `${cell}<path d="M${short(x + 0.3)} ${short(y + 0.5)}h.4" stroke="${PAPER}" stroke-width=".09"/>`
      : cell
  })
  return {
    width,
    height,
    content: `<g shape-rendering="crispEdges"><rect width="${width}" height="${height}" fill="${PAPER}"/>${cells.join('')}</g>`,
  }
}

/** Rounds a length to a hundredth, which is exact enough to see. */
export function short(value: number): string {
  return String(Math.round(value * 100) / 100)
}
