import { gunzipSync, gzipSync } from 'node:zlib'
import { readIdxFile, writeIdx } from '@mnist-lab/data'
import { joined } from '../mutations/mutate-bytes.js'
import type { Target } from '../target.js'

const IDX = writeIdx({ type: 'uint8', shape: [2, 3, 4], data: new Uint8Array(24).fill(7) })
const gzip = (bytes: Uint8Array, level = 6) => new Uint8Array(gzipSync(bytes, { level }))

/** IDX files that are compressed with gzip. */
export const target: Target = {
  what: 'IDX files that are compressed with gzip',
  format: 'bytes',
  seeds: () => [
    gzip(IDX),
    gzip(IDX, 0),
    // Two members, as `cat a.gz b.gz` writes them.
    joined(gzip(IDX.subarray(0, 20)), gzip(IDX.subarray(20))),
    joined(gzip(IDX), new Uint8Array(16)),
    gzip(joined(IDX, new Uint8Array(4096))),
    gzip(gzip(IDX)),
    IDX,
  ],
  words: [Uint8Array.of(0x1f, 0x8b, 8)],
  parts: [{ format: 'bytes', get: decompressed, set: (_, content) => gzip(content, 1) }],
  maxBytes: 8192,
  run: (bytes) => readIdxFile(bytes, 'input'),
}

/** The most bytes that are decompressed to be mutated. */
const MAX_CONTENT = 16_384

function decompressed(bytes: Uint8Array): Uint8Array | undefined {
  try {
    return new Uint8Array(gunzipSync(bytes, { maxOutputLength: MAX_CONTENT }))
  } catch (error) {
    // Mutated inputs are mostly damaged, and some hold more.
    if ('code' in (error as Error)) return undefined
    throw error
  }
}
