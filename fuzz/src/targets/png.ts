import { crc32, deflateSync, inflateSync } from 'node:zlib'
import { prepareDigit } from '@mnist-lab/data'
import { decodePng } from '../../../packages/data/src/node/pictures/png.js'
import { joined } from '../mutations/mutate-bytes.js'
import type { Target } from '../target.js'

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)

/** Chunks with the given content, and pictures of 4 × 4 pixels with them. */
function chunk(type: string, data: Uint8Array = new Uint8Array()): Uint8Array {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(data.length, 0)
  head.write(type, 4, 'latin1')
  const checksum = Buffer.alloc(4)
  checksum.writeUInt32BE(crc32(data, crc32(head.subarray(4))))
  return joined(head, data, checksum)
}

interface Kind {
  readonly depth: number
  readonly colourType: number
  readonly interlaced?: boolean
  readonly more?: readonly Uint8Array[]
}

function picture({ depth, colourType, interlaced = false, more = [] }: Kind): Uint8Array {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(4, 0)
  header.writeUInt32BE(4, 4)
  header.set([depth, colourType, 0, 0, interlaced ? 1 : 0], 8)
  const samples = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }[colourType]!
  // One filter byte before each row; an interlaced picture has at most three times as many rows.
  const row = Math.ceil((4 * samples * depth) / 8) + 1
  const pixels = Uint8Array.from({ length: row * (interlaced ? 12 : 4) }, (_, i) =>
    i % row === 0 ? (i / row) % 5 : (i * 37) % 256,
  )
  const data = new Uint8Array(deflateSync(interlaced ? pixels.fill(0) : pixels))
  return joined(SIGNATURE, chunk('IHDR', header), ...more, chunk('IDAT', data), chunk('IEND'))
}

const PALETTE = chunk(
  'PLTE',
  Uint8Array.from({ length: 12 }, (_, i) => i * 20),
)

/** Where a chunk lies. Its checksum is the last four bytes. */
interface Place {
  readonly type: string
  readonly begin: number
  readonly end: number
}

function chunksOf(bytes: Uint8Array): Place[] {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const places: Place[] = []
  for (let at = SIGNATURE.length; at + 12 <= bytes.length;) {
    const length = view.readUInt32BE(at)
    // A wrong length reaches to the end, where it is repaired.
    const end = Math.min(at + 12 + length, bytes.length)
    places.push({ type: view.toString('latin1', at + 4, at + 8), begin: at, end })
    at = end
  }
  return places
}

/** The most pixels of a picture on which a digit is looked for; the time grows with them. */
const MAX_PREPARED = 1024

/** PNG files, and digits on them. */
export const target: Target = {
  what: 'PNG files, and the digit on them',
  format: 'bytes',
  seeds: () => [
    picture({ depth: 8, colourType: 0 }),
    picture({ depth: 1, colourType: 0 }),
    picture({ depth: 16, colourType: 6 }),
    picture({ depth: 8, colourType: 2, more: [chunk('tRNS', new Uint8Array(6))] }),
    picture({ depth: 2, colourType: 3, more: [PALETTE, chunk('tRNS', Uint8Array.of(9, 255))] }),
    picture({ depth: 8, colourType: 4 }),
    picture({ depth: 8, colourType: 0, interlaced: true }),
    picture({ depth: 4, colourType: 3, interlaced: true, more: [PALETTE] }),
    picture({ depth: 8, colourType: 6, more: [chunk('gAMA', Uint8Array.of(0, 0, 177, 143))] }),
  ],
  words: [
    'IHDR',
    'PLTE',
    'IDAT',
    'IEND',
    'tRNS',
    'gAMA',
    'CgBI',
    'acTL',
    'fdAT',
    'tEXt',
    SIGNATURE,
  ],
  parts: [
    {
      format: 'bytes',
      get: (bytes) => bytes.slice(16, 29),
      set: (bytes, header) => joined(bytes.subarray(0, 16), header, bytes.subarray(29)),
    },
    { format: 'bytes', get: pixelsOf, set: withPixels },
  ],
  repair,
  maxBytes: 4096,
  // The largest picture takes 256 MB, its compressed pixels less.
  maxMegabytes: 400,
  run(bytes) {
    const image = decodePng(Buffer.from(bytes), 'input')
    if (image.width * image.height <= MAX_PREPARED) prepareDigit(image, 'input', { onDoubt() {} })
  },
}

/** Corrects the signature, and the lengths and checksums of all chunks. */
function repair(bytes: Uint8Array): Uint8Array {
  const result = Buffer.from(bytes)
  result.set(SIGNATURE.subarray(0, result.length))
  for (const { begin, end } of chunksOf(result)) {
    result.writeUInt32BE(end - begin - 12, begin)
    result.writeUInt32BE(crc32(result.subarray(begin + 4, end - 4)), end - 4)
  }
  return new Uint8Array(result)
}

/** The most bytes of pixels that are mutated. A byte may be eight pixels, and decoding is slow. */
const MAX_PIXELS = 1024

function pixelsOf(bytes: Uint8Array): Uint8Array | undefined {
  const data = chunksOf(bytes).filter(({ type }) => type === 'IDAT')
  try {
    const packed = joined(...data.map(({ begin, end }) => bytes.subarray(begin + 8, end - 4)))
    return new Uint8Array(inflateSync(packed, { maxOutputLength: MAX_PIXELS }))
  } catch (error) {
    // Mutated inputs are mostly damaged.
    if ('code' in (error as Error)) return undefined
    throw error
  }
}

function withPixels(bytes: Uint8Array, pixels: Uint8Array): Uint8Array {
  const places = chunksOf(bytes)
  const first = places.findIndex(({ type }) => type === 'IDAT')
  const others = places.map(({ type, begin, end }, at) => {
    if (at === first)
      return chunk(
        'IDAT',
        new Uint8Array(deflateSync(pixels.subarray(0, MAX_PIXELS), { level: 1 })),
      )
    return type === 'IDAT' ? new Uint8Array() : bytes.subarray(begin, end)
  })
  return joined(bytes.subarray(0, SIGNATURE.length), ...others)
}
