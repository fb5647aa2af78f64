import { type RgbaImage, readParquet, writeParquet } from '@mnist-lab/data'
import type { Target } from '../target.js'

const PICTURES = [Uint8Array.of(1, 2), Uint8Array.of(3, 4), Uint8Array.of(5, 6)]
const SEEDS = [
  await writeParquet(PICTURES, [0, 1, 0], ['a', 'b']),
  await writeParquet(PICTURES.slice(0, 1), [1], ['a', 'b']),
]

/** A picture of two pixels, because PNG has a target of its own. */
function decode(bytes: Uint8Array): RgbaImage {
  const data = Uint8Array.from({ length: 8 }, (_, at) =>
    at % 4 === 3 ? 255 : (bytes[at >> 2] ?? 0),
  )
  return { width: 2, height: 1, data }
}

/** Parquet files of pictures. */
export const target: Target = {
  what: 'Parquet files of pictures',
  format: 'bytes',
  seeds: () => SEEDS,
  words: [
    'PAR1',
    'image',
    'label',
    'bytes',
    'huggingface',
    '{"info":{"features":{"label":{"names":["a","b"]}}}}',
  ],
  maxBytes: 4096,
  maxMegabytes: 400,
  run: (bytes) =>
    readParquet(
      {
        byteLength: bytes.length,
        slice: (start, end = bytes.length) => bytes.slice(start, end).buffer as ArrayBuffer,
      },
      'input',
      { decode },
    ),
}
