import * as decoder from '@jsquash/jpeg/decode.js'
import { isInputError } from '@mnist-lab/core'
import { readFileSync } from 'node:fs'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { decodeJpeg, MAX_SCANS } from '../../src/node/pictures/jpeg.js'
import { isJpeg } from '../../src/node/pictures/picture-formats.js'
import { MAX_DECODED_BYTES, MAX_SIDE } from '../../src/node/pictures/picture-size.js'

vi.mock(import('@jsquash/jpeg/decode.js'), { spy: true })
beforeEach(() => vi.clearAllMocks())

const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url))
const COLOUR = fixture('colour.jpg')
const START = Buffer.from('ffd8', 'hex')
const END = Buffer.from('ffd9', 'hex')

/** A marker and its segment. */
function segment(marker: number, data: Uint8Array): Buffer {
  const length = data.length + 2
  return Buffer.concat([Uint8Array.of(0xff, marker, length >> 8, length & 255), data])
}

interface Frame {
  readonly marker?: number
  readonly bits?: number
  readonly width?: number
  readonly height?: number
  readonly components?: number
}

function frame({ marker = 0xc0, bits = 8, width = 8, height = 8, components = 1 }: Frame): Buffer {
  const tables = Array.from({ length: components }, (_, at) => [at + 1, 0x11, 0]).flat()
  const sizes = [height >> 8, height & 255, width >> 8, width & 255]
  return segment(marker, Uint8Array.of(bits, ...sizes, components, ...tables))
}

/** The header of a scan of one component. */
const scan = segment(0xda, Uint8Array.of(1, 1, 0, 0, 63, 0))
/** A file whose structure is right, without tables. */
const jpeg = (...parts: Buffer[]) => Buffer.concat([START, ...parts, END])
const withSegments = (picture: Buffer, ...segments: Buffer[]) =>
  Buffer.concat([START, ...segments, picture.subarray(2)])

/** EXIF data whose only entry is the orientation: tag 0x112, one number of 16 bits. */
function exif(orientation: number, littleEndian: boolean): Buffer {
  const tiff = littleEndian
    ? `49492a0008000000 0100 1201 0300 01000000 0${orientation}000000 00000000`
    : `4d4d002a00000008 0001 0112 0003 00000001 000${orientation}0000 00000000`
  return segment(0xe1, Buffer.from(`457869660000${tiff.replaceAll(' ', '')}`, 'hex'))
}

/** The colours near the corners: top left, top right, bottom left, bottom right. */
async function corners(bytes: Buffer): Promise<string> {
  const { width, height, data } = await decodeJpeg(bytes, 'a.jpg')
  expect(data).toHaveLength(width * height * 4)
  const names = [
    [4, 4],
    [width - 5, 4],
    [4, height - 5],
    [width - 5, height - 5],
  ].map(([x, y]) => {
    const at = (y! * width + x!) * 4
    expect(data[at + 3]).toBe(255)
    const bright = Array.from(data.subarray(at, at + 3), (value) => (value > 128 ? 1 : 0)).join('')
    return { '100': 'red', '010': 'green', '001': 'blue', '111': 'white', '000': 'black' }[bright]
  })
  return `${width}×${height} ${names.join(' ')}`
}

describe('a picture is decoded', () => {
  test.each<[string, Buffer, string]>([
    ['baseline', COLOUR, '48×32 red green blue white'],
    ['progressive', fixture('progressive.jpg'), '48×32 red green blue white'],
    // Of the three colours only green is bright.
    ['grey', fixture('grey.jpg'), '48×32 black white black white'],
    [
      'with another picture behind its end',
      Buffer.concat([COLOUR, fixture('grey.jpg')]),
      '48×32 red green blue white',
    ],
    [
      'with another picture in its segments, as a preview',
      withSegments(COLOUR, segment(0xe1, fixture('grey.jpg'))),
      '48×32 red green blue white',
    ],
    [
      'with the padding of some cameras',
      withSegments(COLOUR, Buffer.from('fffe0002000000ffff', 'hex')),
      '48×32 red green blue white',
    ],
  ])('%s', async (_, bytes, expected) => {
    expect(isJpeg(bytes)).toBe(true)
    expect(await corners(bytes)).toBe(expected)
  })

  // The orientation says where the first row and the first column of the file are in the picture.
  test.each([
    [1, 'top, left', '48×32 red green blue white'],
    [2, 'top, right', '48×32 green red white blue'],
    [3, 'bottom, right', '48×32 white blue green red'],
    [4, 'bottom, left', '48×32 blue white red green'],
    [5, 'left, top', '32×48 red blue green white'],
    [6, 'right, top', '32×48 blue red white green'],
    [7, 'right, bottom', '32×48 white green blue red'],
    [8, 'left, bottom', '32×48 green white red blue'],
    [9, 'unknown', '48×32 red green blue white'],
  ])('with orientation %i (%s)', async (orientation, _, expected) => {
    for (const littleEndian of [true, false]) {
      const bytes = withSegments(COLOUR, exif(orientation, littleEndian))
      expect(await corners(bytes)).toBe(expected)
    }
  })

  test('several at once, and after one that is damaged', async () => {
    const cut = Buffer.concat([COLOUR.subarray(0, -20), END])
    const pictures = [COLOUR, cut, fixture('progressive.jpg'), cut, COLOUR]
    const results = await Promise.allSettled(pictures.map((bytes) => corners(bytes)))
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ])
  })
})

const side = Math.sqrt(MAX_DECODED_BYTES / 4)

describe('a picture is refused before the decoder sees it', () => {
  test.each<[string, Buffer, RegExp]>([
    ['no width', jpeg(frame({ width: 0 }), scan), /damaged \(its size is 0×8\)/],
    ['no height', jpeg(frame({ height: 0 }), scan), /damaged \(its size is 8×0\)/],
    [
      'too many pixels',
      jpeg(frame({ width: side + 1, height: side }), scan),
      /^a\.jpg: expected at most 64000000 pixels, got 8001×8000; make the picture smaller$/,
    ],
    [
      'too many pixels and nothing else',
      Buffer.concat([START, frame({ width: 0xffff, height: 0xffff })]),
      /got 65535×65535/,
    ],
    [
      'one long row',
      jpeg(frame({ width: MAX_SIDE + 1, height: 1 }), scan),
      /expected at most 32767 pixels in width and in height, got 32768×1/,
    ],
    [
      'a second header',
      jpeg(frame({}), frame({ width: 9 }), scan),
      /damaged \(it has two headers\)/,
    ],
    [
      'a second header behind its pixels',
      jpeg(frame({}), scan, frame({ width: 9 }), scan),
      /damaged \(it has two headers\)/,
    ],
    ['a second start', jpeg(frame({}), START, scan), /another picture begins in it/],
    [
      'more scans than a picture needs',
      jpeg(frame({}), ...Array<Buffer>(MAX_SCANS + 1).fill(scan)),
      /more than 100 scans/,
    ],
    ['pixels before the header', jpeg(scan, frame({})), /its pixels have no header/],
    ['no pixels', jpeg(frame({})), /it has no pixels/],
    ['no segments', jpeg(), /it has no pixels/],
    ['a header that is too short', jpeg(segment(0xc0, Uint8Array.of(8, 0, 8))), /is too short/],
    [
      'a segment shorter than its length',
      jpeg(Buffer.from('ffe00001', 'hex')),
      /a segment of 1 bytes/,
    ],
    ['two components', jpeg(frame({ components: 2 }), scan), /its pixels have 2 components/],
    [
      'CMYK colours',
      fixture('cmyk.jpg'),
      /^a\.jpg: a JPEG file with CMYK colours, which is not supported; convert it to RGB or grey, or save it as PNG$/,
    ],
    ['12 bits', jpeg(frame({ marker: 0xc1, bits: 12 }), scan), /a JPEG file of 12 bits, which/],
    ['lossless coding', jpeg(frame({ marker: 0xc3 }), scan), /losslessly or arithmetically/],
    ['arithmetic coding', jpeg(frame({ marker: 0xc9 }), scan), /losslessly or arithmetically/],
  ])('with %s', async (_, bytes, message) => {
    await expect(decodeJpeg(bytes, 'a.jpg')).rejects.toThrow(message)
    expect(decoder.default).not.toHaveBeenCalled()
  })

  test.each(['colour.jpg', 'progressive.jpg'])('with any part of %s missing', async (name) => {
    const whole = fixture(name)
    for (let length = 3; length < whole.length; length++) {
      await expect(decodeJpeg(whole.subarray(0, length), 'a.jpg')).rejects.toThrow(
        /^a\.jpg: the JPEG file is damaged \([^\n]+\); save it again$/,
      )
    }
    expect(decoder.default).not.toHaveBeenCalled()
  })
})

test('a picture whose pixels are damaged is refused with the reason of the decoder', async () => {
  const pixels = COLOUR.subarray(0, -30)
  await expect(decodeJpeg(Buffer.concat([pixels, END]), 'a.jpg')).rejects.toThrow(
    /^a\.jpg: the JPEG file is damaged \(.*premature end of data segment\); save it again$/,
  )
  await expect(
    decodeJpeg(Buffer.concat([COLOUR.subarray(0, -2), Buffer.alloc(200, 0x55), END]), 'a.jpg'),
  ).rejects.toThrow(/extraneous bytes/)
  await expect(decodeJpeg(jpeg(frame({}), scan), 'a.jpg')).rejects.toThrow(/damaged \(.*table/)
})

test('a picture with a changed byte is decoded or refused in one line', async () => {
  const whole = withSegments(fixture('progressive.jpg'), exif(6, true))
  for (let at = 3; at < whole.length; at += 5) {
    const bytes = Buffer.from(whole)
    bytes[at] = bytes[at]! ^ (1 << (at % 8))
    try {
      const { width, height, data } = await decodeJpeg(bytes, 'a.jpg')
      expect(data).toHaveLength(width * height * 4)
    } catch (error) {
      expect(isInputError(error)).toBe(true)
      expect((error as Error).message).not.toContain('\n')
    }
  }
})
