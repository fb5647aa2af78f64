import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { areaResize } from '../src/prepare-digit.js'
import { DataError, prepareDigit, type Dataset, type RgbaImage } from '../src/index.js'
import { loadMnist } from '../src/node.js'

let digits: Dataset
beforeAll(async () => {
  digits = (await loadMnist()).test
})

type Pixel = [number, number, number, number]

/** A digit enlarged by `scale` onto a canvas, `paint` turning ink (0 to 1) into a colour. */
function draw(
  digit: Uint8Array,
  paint: (ink: number) => Pixel,
  { scale = 5, width = 200, height = 190, left = 20, top = 10 } = {},
): RgbaImage {
  const data = new Uint8ClampedArray(width * height * 4)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [column, row] = [Math.floor((x - left) / scale), Math.floor((y - top) / scale)]
      const inside = column >= 0 && column < 28 && row >= 0 && row < 28
      data.set(paint(inside ? digit[row * 28 + column]! / 255 : 0), (y * width + x) * 4)
    }
  }
  return { width, height, data }
}
const digit = (index: number) => digits.images.subarray(index * 784, (index + 1) * 784)
const difference = (a: Uint8Array, b: Uint8Array) =>
  a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length
const grey = (value: number): Pixel => [value, value, value, 255]

test('an MNIST digit that was enlarged, inverted and moved becomes the same digit again', () => {
  fc.assert(
    fc.property(
      fc.nat(9999),
      fc.integer({ min: 1, max: 6 }),
      fc.nat(30),
      fc.nat(20),
      (index, scale, left, top) => {
        const image = draw(digit(index), (ink) => grey(255 - 255 * ink), { scale, left, top })
        expect(difference(prepareDigit(image), digit(index))).toBeLessThan(1)
      },
    ),
    { numRuns: 60 },
  )
})

test('the faint traces of JPEG around strokes do not make the digit smaller', () => {
  for (const index of [0, 1, 2, 3, 4]) {
    const image = draw(digit(index), (ink) => grey(255 - 255 * ink))
    const { width, height, data } = draw(digit(index), (ink) => grey(255 - 255 * ink))
    for (let y = 8; y < height - 8; y++) {
      for (let x = 8; x < width - 8; x++) {
        const at = (y * width + x) * 4
        const isNear = [-8, 8].some((far) => image.data[at + far * 4]! < 128)
        if (image.data[at] === 255 && isNear) data.fill(247 + ((x + y) % 8), at, at + 3)
      }
    }
    const traced = prepareDigit({ width, height, data })
    expect(difference(traced, prepareDigit(image))).toBeLessThan(3)
  }
})

test.each<[string, (ink: number) => Pixel]>([
  ['light on dark', (ink) => grey(255 * ink)],
  ['pale grey on white', (ink) => grey(255 - 60 * ink)],
  ['red on green of the same lightness', (ink) => [200 * ink, 102 * (1 - ink), 0, 255]],
  ['black strokes on a transparent ground', (ink) => [0, 0, 0, 255 * ink]],
  ['white strokes on a transparent ground', (ink) => [255, 255, 255, 255 * ink]],
])('%s is the same digit', (_, paint) => {
  for (const index of [0, 1, 2, 3, 4])
    expect(difference(prepareDigit(draw(digit(index), paint)), digit(index))).toBeLessThan(3)
})

/** Cuts a picture down to what is not transparent or `paper`. */
function tight({ width, height, data }: RgbaImage, isPaper: (at: number) => boolean): RgbaImage {
  const ink = [...Array(width * height).keys()].filter((pixel) => !isPaper(pixel * 4))
  const [columns, rows] = [
    ink.map((pixel) => pixel % width),
    ink.map((pixel) => Math.floor(pixel / width)),
  ]
  const [left, top] = [Math.min(...columns), Math.min(...rows)]
  const size = { width: Math.max(...columns) - left + 1, height: Math.max(...rows) - top + 1 }
  const target = new Uint8ClampedArray(size.width * size.height * 4)
  for (let y = 0; y < size.height; y++) {
    const from = ((top + y) * width + left) * 4
    target.set(data.subarray(from, from + size.width * 4), y * size.width * 4)
  }
  return { ...size, data: target }
}

test.each<[string, Pixel]>([
  ['black', [0, 0, 0, 255]],
  ['white', [255, 255, 255, 255]],
  ['grey', [128, 128, 128, 255]],
  ['yellow', [255, 220, 0, 255]],
])('a tight crop of %s strokes on a transparent ground is the same digit', (_, [r, g, b]) => {
  // Digits 2 and 14 are ones, which fill more than half of their crop.
  for (const index of [0, 1, 2, 3, 4, 14, 29]) {
    const image = draw(digit(index), (ink) => [r, g, b, 255 * ink])
    const cropped = tight(image, (at) => image.data[at + 3] === 0)
    expect(difference(prepareDigit(cropped), digit(index))).toBeLessThan(3)
  }
})

test('a picture with transparent corners is still a dark digit on white paper', () => {
  const image = draw(digit(0), (ink) => grey(255 - 255 * ink))
  for (const corner of [0, image.width - 1]) image.data[corner * 4 + 3] = 0
  expect(difference(prepareDigit(image), digit(0))).toBeLessThan(1)
})

/** Paints a rectangle from `inset` to `inset + thickness` pixels inside the edges. */
function framed(image: RgbaImage, inset: number, thickness: number, colour: Pixel): RgbaImage {
  const { width, height } = image
  const data = image.data.slice()
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const depth = Math.min(x, y, width - 1 - x, height - 1 - y)
      if (depth >= inset && depth < inset + thickness) data.set(colour, (y * width + x) * 4)
    }
  }
  return { width, height, data }
}

test.each<[string, number, number, Pixel]>([
  ['a frame of one pixel', 0, 1, grey(0)],
  ['a frame of three pixels', 0, 3, grey(0)],
  ['a coloured frame', 0, 2, [0, 0, 200, 255]],
  ['a frame off the edge', 4, 2, grey(0)],
  ['a grey table around it', 0, 15, grey(120)],
  ['a black table around it', 0, 15, grey(0)],
])('%s is not ink', (_, inset, thickness, colour) => {
  for (const index of [0, 1, 2, 3, 4]) {
    const paper = draw(digit(index), (ink) => grey(255 - 255 * ink), { left: 25, top: 25 })
    const doubts: string[] = []
    const result = prepareDigit(framed(paper, inset, thickness, colour), 'a', {
      onDoubt: (doubt) => doubts.push(doubt),
    })
    expect(difference(result, digit(index))).toBeLessThan(1)
    expect(doubts).toEqual([])
  }
})

test('a sheet that lies off the centre of a table is found', () => {
  const image = draw(digit(4), (ink) => grey(240 - 200 * ink), { left: 50, top: 12, scale: 5 })
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < image.width; x++)
      if (x < 40 || x >= 197 || y < 5 || y >= 170)
        image.data.fill(90, (y * 200 + x) * 4, (y * 200 + x) * 4 + 3)
  }
  expect(difference(prepareDigit(image), digit(4))).toBeLessThan(1)
})

test.each<[string, string[]]>([
  ['a zero', ['.......', '.#####.', '.#...#.', '.#...#.', '.#...#.', '.#####.', '.......']],
  ['an eight', ['.....', '.###.', '.#.#.', '.###.', '.#.#.', '.###.', '.....']],
  [
    'a thin eight',
    [
      '.......',
      '.#####.',
      '.#...#.',
      '.#...#.',
      '.#####.',
      '.#...#.',
      '.#...#.',
      '.#####.',
      '.......',
    ],
  ],
  ['a one', ['...', '.#.', '.#.', '.#.', '...']],
])('%s that is made of straight lines is not taken for a frame', (_, rows) => {
  const picture = (lines: readonly string[]): RgbaImage => ({
    width: lines[0]!.length,
    height: lines.length,
    data: Uint8Array.from(
      lines.flatMap((line) => line.split('').flatMap((c) => grey(c === '#' ? 0 : 255))),
    ),
  })
  const prepared = prepareDigit(picture(rows))
  const [height, width] = [rows.length - 2, rows[0]!.length - 2]
  const side = 20 / height
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const row = Math.floor(14 + (y + 0.5 - height / 2) * side)
      const column = Math.floor(14 + (x + 0.5 - width / 2) * side)
      expect(prepared[row * 28 + column]! > 128).toBe(rows[y + 1]![x + 1] === '#')
    }
  }
})

const doubtsOf = (image: RgbaImage) => {
  const doubts: string[] = []
  prepareDigit(image, 'a', { onDoubt: (doubt) => doubts.push(doubt) })
  return doubts
}

test('a border of several colours, and a border unlike most of the picture, are doubted', () => {
  const paper = draw(digit(0), (ink) => grey(255 - 255 * ink), { left: 25, top: 25 })
  expect(doubtsOf(paper)).toEqual([])
  const half = { ...paper, data: paper.data.slice() }
  for (let y = 0; y < half.height; y++)
    for (let x = 130; x < half.width; x++)
      half.data.fill(100, (y * 200 + x) * 4, (y * 200 + x) * 4 + 3)
  expect(doubtsOf(half)).toEqual([
    expect.stringMatching(
      /^\d\d% of the border differs from the background, .*a shadow.*; crop it/,
    ),
  ])
  // A stroke from the frame to the digit, so that the frame is part of it.
  const joined = framed(paper, 0, 2, grey(0))
  for (let y = 60; y < 80; y++) joined.data.fill(0, y * 800, y * 800 + 400)
  for (let i = 3; i < joined.data.length; i += 4) joined.data[i] = 255
  expect(doubtsOf(joined)).toEqual([
    expect.stringMatching(/^\d\d% of the picture differs from its border, .*a frame.*; crop it/),
  ])
})

test('an uneven and noisy background is not ink', () => {
  let state = 1
  const noise = () => ((state = (state * 48271) % 2147483647) / 2147483647 - 0.5) * 8
  const image = draw(digit(0), (ink) => grey(215 - 180 * ink))
  for (let i = 0; i < image.data.length; i += 4) {
    const value = image.data[i]! + (20 * ((i / 4) % image.width)) / image.width + noise()
    image.data.fill(Math.round(value), i, i + 3)
  }
  expect(difference(prepareDigit(image), digit(0))).toBeLessThan(8)
})

test('a digit in a corner of a small image fills the 20×20 box about the centre of mass', () => {
  const data = new Uint8Array(5 * 4 * 4).fill(255)
  data.fill(0, 0, 3)
  data.fill(0, 5 * 4, 5 * 4 + 3)
  const result = prepareDigit({ width: 5, height: 4, data })
  const ink = [...result.keys()].filter((i) => result[i]! > 0)
  // One column by two rows becomes 10 by 20: its middle is half a pixel from [14, 14] both ways.
  expect([...new Set(ink.map((i) => Math.floor(i / 28)))]).toEqual(
    Array.from({ length: 20 }, (_, i) => i + 5),
  )
  expect([...new Set(ink.map((i) => i % 28))]).toEqual(Array.from({ length: 10 }, (_, i) => i + 10))
  expect(new Set(ink.map((i) => result[i]))).toEqual(new Set([255]))
})

test.each<[string, Pixel]>([
  ['white', [255, 255, 255, 255]],
  ['black', [0, 0, 0, 255]],
  ['transparent', [0, 0, 0, 0]],
])('a %s image is refused as blank', (_, pixel) => {
  const blank = {
    width: 3,
    height: 2,
    data: Uint8Array.from({ length: 24 }, (__, i) => pixel[i % 4]!),
  }
  expect(() => prepareDigit(blank, 'a.png')).toThrow(DataError)
  expect(() => prepareDigit(blank, 'a.png')).toThrow(
    /^a\.png: the image is blank, expected contrast of 24 or more of 255, got 0; /,
  )
})

test('data that does not fit the size throws a RangeError', () => {
  expect(() => prepareDigit({ width: 2, height: 2, data: new Uint8Array(12) })).toThrow(RangeError)
  expect(() => prepareDigit({ width: 0, height: 0, data: new Uint8Array(0) })).toThrow(RangeError)
})

test('area averaging keeps the mean and weights partly covered pixels', () => {
  expect([
    ...areaResize({ width: 3, height: 1, values: Float32Array.of(3, 6, 9) }, 2, 1).values,
  ]).toEqual([4, 8])
  const sizes = fc.integer({ min: 1, max: 9 })
  fc.assert(
    fc.property(
      sizes,
      sizes,
      sizes,
      sizes,
      fc.infiniteStream(fc.nat(255)),
      (width, height, toWidth, toHeight, stream) => {
        const values = Float32Array.from({ length: width * height }, () => stream.next().value)
        const resized = areaResize({ width, height, values }, toWidth, toHeight)
        const mean = (array: Float32Array) => array.reduce((a, b) => a + b, 0) / array.length
        expect(mean(resized.values)).toBeCloseTo(mean(values), 2)
      },
    ),
  )
})
