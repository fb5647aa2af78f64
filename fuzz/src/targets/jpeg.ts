import { prepareDigit } from '@mnist-lab/data'
import { decodeJpeg } from '../../../packages/data/src/node/pictures/jpeg.js'
import { isJpeg } from '../../../packages/data/src/node/pictures/picture-formats.js'
import { joined } from '../mutations/mutate-bytes.js'
import { repositoryFile } from '../repository.js'
import type { Target } from '../target.js'

const picture = (name: string) => repositoryFile(`packages/data/test/pictures/fixtures/${name}.jpg`)
const START = Uint8Array.of(0xff, 0xd8)
/** EXIF data whose only entry is the orientation 6, in both orders of bytes. */
const EXIF = [
  'ffe100224578696600004d4d002a00000008000101120003000000010006000000000000',
  'ffe1002245786966000049492a0008000000010012010300010000000600000000000000',
].map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')))

/** The most pixels of a picture on which a digit is looked for; the time grows with them. */
const MAX_PREPARED = 2048

/** JPEG files, and digits on them. */
export const target: Target = {
  what: 'JPEG files, and the digit on them',
  format: 'bytes',
  seeds: () => {
    const pictures = ['grey', 'colour', 'progressive', 'cmyk'].map(picture)
    const turned = EXIF.map((exif) => joined(START, exif, pictures[0]!.subarray(2)))
    return [...pictures, ...turned]
  },
  words: [
    START,
    ...[0xd9, 0xda, 0xc0, 0xc1, 0xc2, 0xc4, 0xc8, 0xc9, 0xcc, 0xdb, 0xdd, 0xd0, 0xe0, 0xe1].map(
      (marker) => Uint8Array.of(0xff, marker),
    ),
    'Exif\0\0',
    'JFIF\0',
    'II*\0',
    'MM\0*',
  ],
  repair,
  maxBytes: 4096,
  // A picture of 64 million pixels takes 256 MB, and the decoder as much again.
  maxMegabytes: 700,
  async run(bytes) {
    // The formats are told apart before.
    if (!isJpeg(bytes)) return
    const image = await decodeJpeg(Buffer.from(bytes), 'input')
    if (image.width * image.height <= MAX_PREPARED) prepareDigit(image, 'input', { onDoubt() {} })
  },
}

/**
 * Corrects the start and, in most pictures, the size: the upper bytes of height and width become 0,
 * because a large picture takes seconds.
 */
function repair(bytes: Uint8Array): Uint8Array {
  const result = joined(START, Uint8Array.of(0xff), bytes.subarray(3))
  for (let at = 2; at + 9 < result.length; at++) {
    const isFrame = result[at] === 0xff && [0xc0, 0xc1, 0xc2].includes(result[at + 1]!)
    if (isFrame) result[at + 5] = result[at + 7] = 0
  }
  return result
}
