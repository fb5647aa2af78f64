import { decodeJpeg, isJpeg } from '../../../packages/cli/src/jpeg.js'
import { joined } from '../mutations/mutate-bytes.js'
import { repositoryFile } from '../repository.js'
import type { Target } from '../target.js'

const segment = (marker: number, ...data: number[]) =>
  Uint8Array.of(0xff, marker, 0, data.length + 2, ...data)
const [START, END] = [Uint8Array.of(0xff, 0xd8), Uint8Array.of(0xff, 0xd9)]

/** Where the segment of the frame begins, with the sizes of the picture, or -1. */
function frameAt(bytes: Uint8Array): number {
  return bytes.findIndex((byte, at) => byte === 0xff && (bytes[at + 1]! & 0xfc) === 0xc0)
}

/** The bytes of the frame that have the precision, the sizes and the number of components. */
const FRAME_BYTES = 10

/** JPEG files. */
export const target: Target = {
  what: 'JPEG files',
  format: 'bytes',
  seeds: () => [
    ...['grey', 'colour', 'progressive'].map((name) =>
      repositoryFile(`packages/cli/test/fixtures/${name}.jpg`),
    ),
    // A picture of 8 × 8 pixels without tables.
    joined(
      START,
      segment(0xc0, 8, 0, 8, 0, 8, 1, 1, 0x11, 0),
      segment(0xda, 1, 1, 0, 0, 63, 0),
      END,
    ),
  ],
  words: [0xc0, 0xc1, 0xc2, 0xc4, 0xd0, 0xd8, 0xd9, 0xda, 0xdb, 0xdd, 0xe1, 0xfe].map((marker) =>
    Uint8Array.of(0xff, marker),
  ),
  parts: [
    {
      format: 'bytes',
      get(bytes) {
        const at = frameAt(bytes)
        return at < 0 ? undefined : bytes.slice(at, at + FRAME_BYTES)
      },
      set(bytes, frame) {
        const at = frameAt(bytes)
        return joined(bytes.subarray(0, at), frame, bytes.subarray(at + FRAME_BYTES))
      },
    },
  ],
  maxBytes: 8192,
  // The largest picture takes 256 MB, and the decoder's own memory as much again.
  maxMegabytes: 600,
  async run(bytes) {
    // Other files do not come to the decoder.
    if (isJpeg(bytes)) await decodeJpeg(Buffer.from(bytes), 'input')
  },
}
