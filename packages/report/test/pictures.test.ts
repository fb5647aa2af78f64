import { describe, expect, test } from 'vitest'
import { digitPicture, filterPicture, pictureSheet, pictureSvg } from '../src/index.js'
import { collisions, drawnTexts } from './fixtures/drawn-texts.js'

describe('digitPicture', () => {
  test('draws each run of one grey as one piece, and nothing for the background', () => {
    const { content } = digitPicture(Uint8Array.from([0, 255, 255, 0, 128, 0]), 3, 2)
    expect(content).toBe(
      '<g shape-rendering="crispEdges"><rect width="3" height="2" fill="#ffffff"/>' +
        '<path d="M1 1h1v1h-1z" fill="#222222" fill-opacity="0.5"/><path d="M1 0h2v1h-2z" fill="#222222" fill-opacity="1"/></g>',
    )
  })

  test('covers every pixel of an image once', () => {
    const pixels = Uint8Array.from({ length: 784 }, (_, at) => (at * 37) % 256)
    const { content } = digitPicture(pixels)
    const covered = [...content.matchAll(/M(\d+) (\d+)h(\d+)/g)].flatMap(([, x, y, run]) =>
      Array.from({ length: Number(run) }, (_, at) => Number(y) * 28 + Number(x) + at),
    )
    expect(new Set(covered).size).toBe(covered.length)
    expect(covered.toSorted((a, b) => a - b)).toEqual(
      [...pixels.keys()].filter((at) => Math.round((pixels[at]! / 255) * 16) > 0),
    )
  })

  test('refuses another number of pixels', () => {
    expect(() => digitPicture(new Uint8Array(783))).toThrow('expected 28 × 28, got 783')
  })
})

describe('filterPicture', () => {
  test('is blue above 0, vermillion with a dash below 0, and deeper further from 0', () => {
    const { content } = filterPicture([1, -0.5, 0, 0.25], 2, 2, 1)
    expect(content).toContain(
      '<rect x="0" y="0" width="1" height="1" fill="#0072b2" fill-opacity="1"/>',
    )
    expect(content).toContain(
      '<rect x="1" y="0" width="1" height="1" fill="#d55e00" fill-opacity="0.5"/><path d="M1.3 0.5h.4"',
    )
    expect(content).toContain(
      '<rect x="0" y="1" width="1" height="1" fill="#0072b2" fill-opacity="0"/>',
    )
    expect(content).toContain('fill-opacity="0.25"')
  })

  test('is drawn when all weights are 0, and refuses another number of them', () => {
    expect(filterPicture([0, 0], 2, 1, 0).content).not.toContain('NaN')
    expect(() => filterPicture([1], 5, 5, 1)).toThrow('expected 5 × 5, got 1')
  })
})

describe('pictureSheet', () => {
  const pictures = Array.from({ length: 20 }, (_, at) => ({
    picture: digitPicture(new Uint8Array(784).fill(at)),
    label: [`${at % 10} read as 3`, '99.8%'],
  }))

  test.each([840, 360])('has all pictures and labels, none on another, at %i pixels', (width) => {
    const svg = pictureSheet({ title: 'The most confident mistakes', pictures }, { width })
    expect(Number(svg.match(/ width="(\d+)"/)![1])).toBeLessThanOrEqual(width)
    expect(svg.match(/<svg x=/g)).toHaveLength(20)
    expect(drawnTexts(svg)).toHaveLength(41)
    expect(collisions(svg)).toEqual([])
  })

  test('escapes labels, and is drawn without pictures', () => {
    expect(
      pictureSheet({
        title: 't',
        pictures: [{ picture: digitPicture(new Uint8Array(784)), label: ['<i>'] }],
      }),
    ).toContain('&lt;i&gt;')
    expect(pictureSheet({ title: 'none', pictures: [] })).not.toMatch(/NaN|Infinity/)
  })
})

test('pictureSvg is a document of its own, in colours for dark screens too', () => {
  const svg = pictureSvg(digitPicture(new Uint8Array(784).fill(200)), 56, 'a seven')
  expect(svg).toMatch(
    /^<svg xmlns="[^"]+" class="mnist-lab-chart" width="56" height="56" viewBox="0 0 56 56" role="img" aria-label="a seven">/,
  )
  expect(svg).toContain('[fill="#222222"]{fill:var(--chart-ink,#222222)}')
})
