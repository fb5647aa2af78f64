import { DataError } from '../../data-error.js'

/** The most bytes of a file with a picture: as many as the largest one has uncompressed. */
export const MAX_PICTURE_BYTES = 2 ** 28
/** The most bytes that a picture has as decoded samples: 4 for a pixel, 8 with 16-bit samples. */
export const MAX_DECODED_BYTES = 256_000_000
/** The largest width and the largest height. The PNG decoder keeps a list of the rows. */
export const MAX_SIDE = 32_767

/** What the header of a picture says. */
export interface PictureSize {
  readonly width: number
  readonly height: number
  readonly bitsPerSample: number
}

/**
 * Checks the size of a picture, before its decoder takes memory for it.
 *
 * @param path for errors
 * @throws DataError when the picture is too large
 */
export function checkPictureSize(
  { width, height, bitsPerSample }: PictureSize,
  path: string,
): void {
  const wide = bitsPerSample === 16
  const most = MAX_DECODED_BYTES / (wide ? 8 : 4)
  if (width * height > most) {
    throw tooLarge(`at most ${most} pixels${wide ? ' of 16 bits' : ''}`)
  }
  if (Math.max(width, height) > MAX_SIDE) {
    throw tooLarge(`at most ${MAX_SIDE} pixels in width and in height`)
  }

  function tooLarge(expected: string): DataError {
    return new DataError({
      where: path,
      expected,
      got: `${width}×${height}`,
      hint: 'make the picture smaller',
    })
  }
}
