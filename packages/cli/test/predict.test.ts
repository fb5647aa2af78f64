import { imagesBetween, labelsOf } from '@mnist-lab/data'
import { loadMnist } from '@mnist-lab/data/node'
import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PNG } from 'pngjs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run, succeed } from './support/program.js'

const DIGITS_TRIED = 8

/** A JPEG file of a 7 that lies on its side, with the orientation that turns it upright. */
const seven = () => readFileSync(new URL('fixtures/seven.jpg', import.meta.url))

let folder: string
let trained: string
let digits: readonly { readonly pixels: Uint8Array; readonly label: number }[]
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mnist-cli-'))
  trained = join(folder, 'run')
  await succeed([
    'train',
    'lenet5',
    '--backend',
    'wasm',
    '--limit',
    '3200',
    '--epochs',
    '2',
    '--lr',
    '0.03',
    '--out',
    trained,
  ])
  const { test: samples } = await loadMnist()
  const labels = labelsOf(samples)
  digits = Array.from({ length: DIGITS_TRIED }, (_, i) => ({
    pixels: imagesBetween(samples, i, i + 1),
    label: labels[i]!,
  }))
})
afterAll(() => rm(folder, { recursive: true }))

type Colour = readonly [number, number, number, number]

interface Look {
  readonly scale: number
  /** Pixels of background around the digit, before scaling. */
  readonly margin: number
  readonly paper: Colour
  readonly ink: Colour
}

async function picture(
  name: string,
  pixels: Uint8Array,
  { scale, margin, paper, ink }: Look,
): Promise<string> {
  const side = (28 + 2 * margin) * scale
  const png = new PNG({ width: side, height: side })
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const [row, column] = [Math.floor(y / scale) - margin, Math.floor(x / scale) - margin]
      const inside = row >= 0 && row < 28 && column >= 0 && column < 28
      const share = inside ? pixels[row * 28 + column]! / 255 : 0
      for (let c = 0; c < 4; c++)
        png.data[(y * side + x) * 4 + c] = paper[c]! + share * (ink[c]! - paper[c]!)
    }
  }
  const path = join(folder, name)
  await writeFile(path, PNG.sync.write(png))
  return path
}

interface Predicted {
  readonly label: number
  readonly probabilities: readonly number[]
}

describe('predict', () => {
  test.each<[string, Look]>([
    [
      'light on dark, as MNIST',
      { scale: 1, margin: 0, paper: [0, 0, 0, 255], ink: [255, 255, 255, 255] },
    ],
    [
      'dark on light, large, off the edge',
      { scale: 7, margin: 9, paper: [255, 255, 255, 255], ink: [0, 0, 0, 255] },
    ],
    ['in colour', { scale: 3, margin: 4, paper: [250, 240, 200, 255], ink: [20, 40, 160, 255] }],
    ['on nothing', { scale: 4, margin: 2, paper: [0, 0, 0, 0], ink: [0, 0, 0, 255] }],
  ])('reads digits %s', async (name, look) => {
    const images = await Promise.all(
      digits.map(({ pixels }, i) => picture(`${name}-${i}.png`, pixels, look)),
    )
    const { code, stdout } = await run(['predict', trained, ...images, '--json'])
    expect(code).toBe(0)
    const predictions = JSON.parse(stdout) as Predicted[]
    const right = predictions.filter(({ label }, i) => label === digits[i]!.label).length
    expect(right).toBeGreaterThanOrEqual(DIGITS_TRIED - 1)
    for (const { probabilities } of predictions)
      expect(probabilities.reduce((a, b) => a + b)).toBeCloseTo(1, 5)
  })

  test('reads a JPEG file whatever its name is, and turns it as its orientation says', async () => {
    const path = join(folder, 'seven.png')
    await writeFile(path, seven())
    const { stdout } = await run(['predict', trained, path, '--json'])
    expect(JSON.parse(stdout)).toMatchObject([{ label: 7 }])
  })

  test('draws the probabilities as bars', async () => {
    const image = await picture('bars.png', digits[0]!.pixels, {
      scale: 2,
      margin: 1,
      paper: [255, 255, 255, 255],
      ink: [0, 0, 0, 255],
    })
    const { stdout } = await run(['predict', trained, image])
    expect(stdout).toMatch(/bars\.png: 7\n0 .*%\n/)
    expect(stdout).toMatch(/^7 █+.* \d+\.\d%$/m)
  })

  test('says on stderr what it doubts about a picture, and predicts all the same', async () => {
    const path = await picture('shadow.png', digits[0]!.pixels, {
      scale: 4,
      margin: 2,
      paper: [255, 255, 255, 255],
      ink: [0, 0, 0, 255],
    })
    const png = PNG.sync.read(await readFile(path))
    for (let y = 0; y < png.height; y++)
      for (let x = 0; x < png.width * 0.4; x++)
        png.data.fill(90, (y * png.width + x) * 4, (y * png.width + x) * 4 + 3)
    await writeFile(path, PNG.sync.write(png))
    const { code, stdout, stderr } = await run(['predict', trained, path, '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toHaveLength(1)
    expect(stderr).toMatch(
      /^[^\n]*shadow\.png: \d\d% of the border differs from the background[^\n]*\n$/,
    )
  })

  test.each<[string, Buffer, RegExp]>([
    [
      'text.png',
      Buffer.from('not a picture at all, only text'),
      /text\.png: not a picture in a known format, expected a PNG or JPEG file; save it as PNG or JPEG/,
    ],
    [
      'photo.png',
      Buffer.from('\0\0\0\x18ftypheic', 'latin1'),
      /photo\.png: a HEIC file, as iPhones write them, expected a PNG or JPEG file; export it as JPEG/,
    ],
    ['cut.jpg', seven().subarray(0, 1000), /cut\.jpg: the JPEG file is damaged \(it ends/],
    [
      'cut.png',
      Buffer.from(PNG.sync.write(new PNG({ width: 30, height: 30 })).subarray(0, 60)),
      /cut\.png: the PNG file is damaged/,
    ],
    [
      'blank.png',
      PNG.sync.write(new PNG({ width: 30, height: 30 })),
      /blank\.png: the image is blank/,
    ],
    [
      'vast.png',
      Buffer.concat([
        PNG.sync.write(new PNG({ width: 1, height: 1 })).subarray(0, 16),
        Buffer.from('000fffff000fffff0806000000', 'hex'),
      ]),
      /vast\.png: expected at most 64000000 pixels/,
    ],
  ])('refuses %s in one line', async (name, bytes, message) => {
    const path = join(folder, name)
    await writeFile(path, bytes)
    const { code, stdout, stderr } = await run(['predict', trained, path])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr.trimEnd()).toMatch(message)
    expect(stderr.trimEnd()).not.toContain('\n')
  })

  test('evaluate gives the figures of the last epoch, a matrix that adds up, and scores a class', async () => {
    const { code, stdout } = await run(['evaluate', trained, '--backend', 'wasm', '--json'])
    expect(code).toBe(0)
    const { accuracy, samples, confusion, report } = JSON.parse(stdout) as {
      accuracy: number
      samples: number
      confusion: { counts: number[] }
      report: { accuracy: number; classes: object[] }
    }
    expect(samples).toBe(10_000)
    expect(accuracy).toBeGreaterThan(0.85)
    expect(report.accuracy).toBe(accuracy)
    expect(confusion.counts.reduce((a, b) => a + b)).toBe(10_000)
    expect((await run(['evaluate', trained, '--limit', '200'])).stdout).toMatch(
      /^accuracy 0\.\d{4}$/m,
    )
  })
})
