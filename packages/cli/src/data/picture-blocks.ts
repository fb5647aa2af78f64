import type { Dataset } from '@mnist-lab/data'

/** The columns of a terminal that one picture takes. Two rows of pixels share a line. */
export const CELL_COLUMNS = 14

/** How pictures are drawn. */
export interface BlockOptions {
  /** Whether the terminal shows colours; otherwise a block is either full or empty. */
  readonly colours: boolean
}

/**
 * Draws images beside each other with half blocks, each 14 columns wide.
 *
 * @param indices of the images, in their order
 * @returns lines
 */
export function pictureBlocks(
  { images, shape }: Pick<Dataset, 'images' | 'shape'>,
  indices: readonly number[],
  { colours }: BlockOptions,
): string[] {
  const [height, width, channels] = shape
  const columns = Math.min(CELL_COLUMNS, width)
  const scale = width / columns
  const rows = Math.max(1, Math.round(height / scale))
  /** The mean of the pixels that a place of the drawing covers, from 0 to 255. */
  const shade = (image: number, row: number, column: number): number => {
    if (row >= rows) return 0
    const [top, left] = [Math.floor(row * scale), Math.floor(column * scale)]
    const bottom = Math.min(height, Math.max(top + 1, Math.floor((row + 1) * scale)))
    const right = Math.min(width, Math.max(left + 1, Math.floor((column + 1) * scale)))
    let [sum, count] = [0, 0]
    for (let y = Math.min(top, height - 1); y < bottom; y++)
      for (let x = left; x < right; x++)
        for (let channel = 0; channel < channels; channel++, count++)
          sum += images[((image * height + y) * width + x) * channels + channel]!
    return sum / count
  }
  const lines: string[] = []
  for (let row = 0; row < rows; row += 2) {
    const cells = indices.map((image) => {
      let text = ''
      for (let column = 0; column < columns; column++) {
        const [above, below] = [shade(image, row, column), shade(image, row + 1, column)]
        text += colours ? coloured(above, below) : plain(above > 96, below > 96)
      }
      return colours ? `${text}\u001b[0m` : text
    })
    lines.push(cells.join(' '))
  }
  return colours ? lines : lines.map((line) => line.trimEnd())
}

/** The 24 greys of a terminal with 256 colours. */
function grey(shade: number): number {
  return 232 + Math.round((shade / 255) * 23)
}

function coloured(above: number, below: number): string {
  return `\u001b[38;5;${grey(above)};48;5;${grey(below)}m▀`
}

function plain(above: boolean, below: boolean): string {
  if (above) return below ? '█' : '▀'
  return below ? '▄' : ' '
}
