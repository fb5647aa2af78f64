import { PALETTE, PAPER } from '../theme.js'
import { short, type Picture } from './picture.js'

/**
 * The weights of a filter: blue above 0, vermillion with a dash below, the deeper the further from 0.
 *
 * @param weights [height, width]
 * @param scale the size of a weight that gets the full colour: the largest of all filters that are shown together
 * @throws RangeError when there are not as many weights
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
    // The sign without colour.
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
