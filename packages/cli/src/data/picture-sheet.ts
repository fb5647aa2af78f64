import { type Dataset } from '@mnist-lab/data'

/** The pixels between two pictures of a sheet. */
const GAP = 2

/** Returns the first images of each class, at most `count` of them. */
export function firstOfClasses({ labels, classNames }: Dataset, count: number): number[][] {
  const chosen = classNames.map((): number[] => [])
  let full = 0
  for (let at = 0; at < labels.length && full < chosen.length; at++) {
    const own = chosen[labels[at]!]!
    if (own.length >= count) continue
    own.push(at)
    if (own.length === count) full++
  }
  return chosen
}

/**
 * Arranges images in a sheet, a row for each class.
 *
 * @param rows the indices of the images of each row
 * @returns [height, width, channels] and the pixels
 */
export function pictureSheet(
  { images, shape }: Pick<Dataset, 'images' | 'shape'>,
  rows: readonly (readonly number[])[],
): { readonly shape: readonly [number, number, number]; readonly pixels: Uint8Array } {
  const [height, width, channels] = shape
  const columns = Math.max(1, ...rows.map(({ length }) => length))
  const sheetWidth = columns * (width + GAP) + GAP
  const sheetHeight = Math.max(1, rows.length) * (height + GAP) + GAP
  const pixels = new Uint8Array(sheetHeight * sheetWidth * channels).fill(128)
  for (const [row, indices] of rows.entries())
    for (const [column, image] of indices.entries())
      for (let y = 0; y < height; y++) {
        const from = (image * height + y) * width * channels
        const to = (GAP + row * (height + GAP) + y) * sheetWidth + GAP + column * (width + GAP)
        pixels.set(images.subarray(from, from + width * channels), to * channels)
      }
  return { shape: [sheetHeight, sheetWidth, channels], pixels }
}
