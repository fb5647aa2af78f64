import type { ImageShape } from '../../formats/image-set.js'

/** Returns an image as a PNG file. The encoder is loaded at the first use. */
export async function encodePng(pixels: Uint8Array, shape: ImageShape): Promise<Uint8Array> {
  const { encodePng: encode } = await import('./write-png.js')
  return encode(pixels, shape)
}
