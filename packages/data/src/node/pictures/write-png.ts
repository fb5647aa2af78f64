import { PNG } from 'pngjs'
import type { ImageShape } from '../../formats/image-set.js'

/**
 * Returns an image as a PNG file, grey or in colour without transparency.
 *
 * @param pixels [height, width, channels], with 1 or 3 channels
 */
export function encodePng(pixels: Uint8Array, [height, width, channels]: ImageShape): Uint8Array {
  if (channels !== 1 && channels !== 3)
    throw new RangeError(`a PNG file has 1 or 3 channels here, got ${channels}`)
  const colorType = channels === 1 ? 0 : 2
  // The packer needs no more of a picture than this. A `PNG` object takes three times as long.
  const picture = {
    width,
    height,
    gamma: 0,
    data: Buffer.from(pixels.buffer, pixels.byteOffset, pixels.length),
  }
  return PNG.sync.write(picture as PNG, {
    colorType,
    inputColorType: colorType,
    inputHasAlpha: false,
    // Filters help photographs and not drawings of a few pixels.
    filterType: 0,
    deflateChunkSize: Math.max(1024, pixels.length),
  })
}
