import { prepareDigit } from '@mnist-lab/data'
import { decodePicture, MAX_PICTURE_BYTES } from '@mnist-lab/data/node'
import { readBytes } from '@mnist-lab/terminal'

/**
 * Reads a picture of one digit and prepares it in the same way as the images of MNIST.
 *
 * @param onDoubt called with a sentence about a picture that may have been misread
 * @returns [28, 28], values from 0 to 255
 * @throws UsageError when the file cannot be read
 * @throws DataError when it is neither a PNG nor a JPEG file, or is damaged or too large, or when
 *   the picture is blank
 */
export async function loadDigit(
  path: string,
  onDoubt: (doubt: string) => void,
): Promise<Uint8Array> {
  return prepareDigit(await decodePicture(await readBytes(path, MAX_PICTURE_BYTES), path), path, {
    onDoubt,
  })
}
