import { prepareDigit } from '@mnist-lab/data'
import { PNG } from 'pngjs'
import { readBytes, UsageError } from '@mnist-lab/terminal'

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
/** Enough for any photograph, and 256 MB when decoded. A PNG of a few bytes can claim gigabytes. */
const MAX_PIXELS = 64_000_000

/**
 * A picture of one digit, as MNIST's makers would have prepared it.
 *
 * @returns [28, 28], 0 to 255
 * @throws UsageError when it is no PNG file, or a damaged one
 * @throws DataError when the picture is blank
 */
export async function loadDigit(path: string): Promise<Uint8Array> {
  const bytes = await readBytes(path)
  if (!SIGNATURE.every((byte, at) => bytes[at] === byte)) {
    throw new UsageError({ where: path, what: 'not a PNG file', hint: 'save the picture as PNG' })
  }
  const pixels = bytes.length < 24 ? 0 : bytes.readUInt32BE(16) * bytes.readUInt32BE(20)
  if (pixels > MAX_PIXELS) {
    throw new UsageError({
      where: path,
      expected: `at most ${MAX_PIXELS} pixels`,
      got: String(pixels),
      hint: 'make the picture smaller',
    })
  }
  return prepareDigit(decode(bytes, path), path)
}

function decode(bytes: Buffer, path: string): PNG {
  try {
    return PNG.sync.read(bytes)
  } catch (cause) {
    throw new UsageError({
      where: path,
      what: `the PNG file is damaged (${cause instanceof Error ? cause.message : String(cause)})`,
      hint: 'save it again',
      cause,
    })
  }
}
