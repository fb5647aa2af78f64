import { crc32, deflateSync } from 'node:zlib'
import { PNG } from 'pngjs'
import { describe, expect, test, vi } from 'vitest'
import { MAX_DECODED_BYTES, MAX_SIDE } from '../../src/node/pictures/picture-size.js'
import { decodePng } from '../../src/node/pictures/png.js'

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex')

function chunk(type: string, data: Uint8Array = new Uint8Array()): Buffer {
  const bytes = Buffer.alloc(12 + data.length)
  bytes.writeUInt32BE(data.length, 0)
  bytes.write(type, 4, 'latin1')
  bytes.set(data, 8)
  bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + data.length)), 8 + data.length)
  return bytes
}

interface Head {
  readonly width: number
  readonly height: number
  readonly depth?: number
  readonly colourType?: number
  readonly interlaced?: boolean
}

function header({ width, height, depth = 8, colourType = 0, interlaced = false }: Head): Buffer {
  const data = Buffer.alloc(13)
  data.writeUInt32BE(width, 0)
  data.writeUInt32BE(height, 4)
  data.set([depth, colourType, 0, 0, interlaced ? 1 : 0], 8)
  return chunk('IHDR', data)
}

const png = (...chunks: Buffer[]) => Buffer.concat([SIGNATURE, ...chunks])
const pixels = (bytes: Uint8Array) => chunk('IDAT', deflateSync(bytes))
/** Two pixels, 7 and 9: a filter byte and the row. */
const TWO = pixels(Uint8Array.of(0, 7, 9))
const SMALL = header({ width: 2, height: 1 })
const END = chunk('IEND')
const RED = (bytes: Buffer) =>
  Array.from(decodePng(bytes, 'a.png').data.filter((_, i) => i % 4 === 0))

describe('a picture is decoded', () => {
  test.each<[string, Buffer]>([
    ['as written', png(SMALL, TWO, END)],
    ['with bytes behind its last chunk', png(SMALL, TWO, END, Buffer.alloc(16))],
    ['with a second picture behind its last chunk', png(SMALL, TWO, END, png(SMALL, TWO, END))],
    [
      'with text and animation chunks, however they look',
      png(SMALL, chunk('tEXt', Buffer.alloc(99)), chunk('gAMA'), TWO, chunk('fdAT'), END),
    ],
    ['with pixels in several chunks', png(SMALL, ...split(TWO), END)],
    [
      'interlaced',
      png(
        header({ width: 2, height: 1, interlaced: true }),
        pixels(Uint8Array.of(0, 7, 0, 9)),
        END,
      ),
    ],
  ])('%s', (_, bytes) => {
    expect(RED(bytes)).toEqual([7, 9])
  })
})

function split(pixelChunk: Buffer): Buffer[] {
  const data = pixelChunk.subarray(8, -4)
  return [chunk('IDAT', data.subarray(0, 5)), chunk('IDAT'), chunk('IDAT', data.subarray(5))]
}

const huge = { width: MAX_DECODED_BYTES / 4, height: 1 }

describe('a picture is refused before the decoder sees it', () => {
  test.each<[string, Buffer, RegExp]>([
    [
      'no width',
      png(header({ width: 0, height: 0x7fffffff }), TWO, END),
      /damaged \(its size is 0×2147483647\)/,
    ],
    ['no height', png(header({ width: 5, height: 0 }), TWO, END), /damaged \(its size is 5×0\)/],
    [
      'one long row',
      png(header(huge), TWO, END),
      /expected at most 32767 pixels in width and in height, got 64000000×1; make/,
    ],
    [
      'one long column',
      png(header({ width: 1, height: MAX_SIDE + 1 }), TWO, END),
      /expected at most 32767 pixels in width and in height, got 1×32768; make/,
    ],
    [
      'too many pixels',
      png(header({ width: 8001, height: 8000 }), TWO, END),
      /expected at most 64000000 pixels, got 8001×8000; make/,
    ],
    [
      'too many pixels of 16 bits',
      png(header({ width: 8000, height: 4001, depth: 16 }), TWO, END),
      /expected at most 32000000 pixels of 16 bits, got 8000×4001; make/,
    ],
    [
      'a second header',
      png(SMALL, header({ width: 40_000, height: 40_000, colourType: 6 }), TWO, END),
      /damaged \(it has two headers\); save it again/,
    ],
    [
      'a second header behind the pixels',
      png(SMALL, TWO, header({ width: 40_000, height: 40_000 }), END),
      /damaged \(it has two headers\)/,
    ],
    [
      'a palette of a million colours',
      png(
        header({ width: 2, height: 1, colourType: 3 }),
        chunk('PLTE', Buffer.alloc(3e6)),
        TWO,
        END,
      ),
      /damaged \(a palette of 3000000 bytes, at most 768/,
    ],
    [
      'many palettes',
      png(
        header({ width: 2, height: 1, colourType: 3 }),
        chunk('PLTE', Buffer.alloc(768)),
        chunk('PLTE'),
        TWO,
        END,
      ),
      /damaged \(it has two PLTE chunks\)/,
    ],
    [
      'long transparency',
      png(SMALL, chunk('tRNS', Buffer.alloc(257)), TWO, END),
      /transparency of 257/,
    ],
    ['no header', png(TWO, END), /it does not begin with a header/],
    ['no pixels', png(SMALL, END), /it has no pixels/],
    ['no last chunk', png(SMALL, TWO), /it ends before its last chunk/],
    [
      'a chunk that is cut off',
      png(SMALL, TWO.subarray(0, -1)),
      /it ends in the middle of a chunk/,
    ],
    [
      'a chunk as long as its length can say',
      png(SMALL, Buffer.from('ffffffff49444154', 'hex')),
      /in the middle/,
    ],
    [
      'an unknown colour type',
      png(header({ width: 2, height: 1, colourType: 5 }), TWO, END),
      /colour type 5/,
    ],
    [
      'interlaced pixels that go on without end',
      png(header({ width: 2, height: 1, interlaced: true }), pixels(new Uint8Array(1e6)), END),
      /damaged \(Cannot create a Buffer larger than/,
    ],
    [
      'the variant of Xcode',
      png(chunk('CgBI', Buffer.from('50002002', 'hex')), SMALL, TWO, END),
      /^a\.png: not a standard PNG .* Xcode .*; convert it with `xcrun pngcrush -revert-iphone/,
    ],
  ])('with %s', (_, bytes, message) => {
    const decoder = vi.spyOn(PNG.sync, 'read')
    expect(() => decodePng(bytes, 'a.png')).toThrow(message)
    expect(decoder).not.toHaveBeenCalled()
    decoder.mockRestore()
  })

  test('with a pixel missing, and decoded with none missing, in any size and both orders', () => {
    // Where a row of an interlaced picture of at most 8 by 8 pixels lies, part by part, as the
    // specification draws it.
    const order = [
      '16462646',
      '77777777',
      '56565656',
      '77777777',
      '36463646',
      '77777777',
      '56565656',
      '77777777',
    ]
    for (const interlaced of [false, true]) {
      for (let size = 0; size < 64; size++) {
        const [width, height] = [1 + (size % 8), 1 + Math.floor(size / 8)]
        const rows = new Set<string>()
        for (let y = 0; y < height; y++)
          for (let x = 0; x < width; x++) rows.add(interlaced ? `${order[y]![x]} ${y}` : `${y}`)
        const bytes = new Uint8Array(width * height + rows.size)
        const file = (content: Uint8Array) =>
          png(header({ width, height, interlaced }), pixels(content), END)
        expect(RED(file(bytes)), `${width}×${height}`).toHaveLength(width * height)
        expect(() => decodePng(file(bytes.subarray(1)), 'a.png')).toThrow(
          `its pixels have ${bytes.length - 1} bytes, expected ${bytes.length}`,
        )
      }
    }
  })

  test('with a few bytes of pixels for millions, before memory is taken for them', () => {
    const decoder = vi.spyOn(PNG.sync, 'read')
    const bytes = png(header({ width: 8000, height: 8000, colourType: 2 }), TWO, END)
    expect(() => decodePng(bytes, 'a.png')).toThrow(
      /damaged \(its pixels have 3 bytes, expected 192008000\)/,
    )
    expect(decoder).not.toHaveBeenCalled()
    decoder.mockRestore()
  })

  test('with any part of it missing', () => {
    const whole = png(SMALL, TWO, END)
    for (let length = SIGNATURE.length; length < whole.length; length++)
      expect(() => decodePng(whole.subarray(0, length), 'a.png')).toThrow(/^a\.png: .*PNG file/)
  })
})
