import { INK, PAPER } from '../theme.js'
import type { Picture } from './picture.js'

/** Steps of grey: more are not told apart at the size of a stamp. */
const LEVELS = 16

/**
 * An image as the data has it (0 nothing, 255 the stroke), the stroke in the colour of text on paper.
 *
 * @param pixels [height, width]
 * @throws RangeError when there are not as many
 */
export function digitPicture(pixels: Uint8Array, width = 28, height = 28): Picture {
  if (pixels.length !== width * height)
    throw new RangeError(`pixels: expected ${width} × ${height}, got ${pixels.length}`)
  const paths = Array.from({ length: LEVELS }, () => '')
  for (let y = 0; y < height; y++) {
    // A path a level, of runs along the rows: a tenth of what a rectangle a pixel takes.
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
