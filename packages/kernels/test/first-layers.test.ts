import fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { expectClose } from './convolution.js'
import { ALL_BUILDS, Bench, numbers } from './support.js'

/** Returns pixel bytes, of which the given percentage is not background. */
function bytes(count: number, percent: number): Uint8Array {
  const [ink, shade] = [numbers(count, 'ink'), numbers(count, 'shade')]
  return Uint8Array.from(ink, (value, i) =>
    Math.abs(value) * 100 < percent ? 1 + Math.floor(Math.abs(shade[i]!) * 255) : 0,
  )
}

const table = Array.from({ length: 256 }, (_, byte) => Math.fround((byte / 255 - 0.1307) / 0.3081))

describe.each(ALL_BUILDS)('the kernels that read images, build %s', (build) => {
  let bench: Bench
  beforeAll(async () => {
    bench = await Bench.create(build)
  })
  beforeEach(() => bench.reset())

  const putBytes = (values: Uint8Array) => {
    const at = bench.room(Math.ceil(values.length / 4) + 2)
    new Uint8Array(bench.heap.buffer).set(values, at)
    return at
  }

  test('loadImages looks images up in the table and fills lanes without a sample with background', () => {
    const [channels, height, width] = [2, 3, 5]
    const { block, loadImages } = bench.kernels
    const samples = block - 1
    const images = bytes(samples * channels * height * width, 60)
    const y = bench.room(channels * height * width * block)
    loadImages(
      putBytes(images),
      bench.put(table),
      y,
      height * width * block * 4,
      width * block * 4,
      samples,
      channels,
      height,
      width,
    )
    const found = bench.take(y, channels * height * width * block)
    for (let c = 0; c < channels; c++)
      for (let position = 0; position < height * width; position++)
        for (let s = 0; s < block; s++) {
          const byte = s < samples ? images[(s * height * width + position) * channels + c]! : 0
          expect(found[(c * height * width + position) * block + s]).toBe(table[byte])
        }
  })

  test('a dense layer that skips the background gives the same results as one that does not', () => {
    const counts = fc.record({
      blocks: fc.integer({ min: 1, max: 5 }),
      missing: fc.integer({ min: 0, max: 1 }),
      inputs: fc.integer({ min: 1, max: 40 }),
      units: fc.integer({ min: 1, max: 70 }),
      percent: fc.integer({ min: 0, max: 100 }),
    })
    fc.assert(
      fc.property(counts, ({ blocks, missing, inputs, units, percent }) => {
        bench.reset()
        const { kernels } = bench
        const { block } = kernels
        const samples = blocks * block - missing
        const row = Math.ceil(units / 4) * 4
        const images = bytes(samples * inputs, percent)
        const pixel = (s: number, i: number) => table[images[s * inputs + i]!]!
        const [w, bias, dy] = [
          numbers(inputs * row, 'w'),
          numbers(units, 'bias'),
          numbers(blocks * units * block, 'dy'),
        ]
        // Lanes without a sample have a gradient of 0.
        if (missing > 0)
          for (let u = 0; u < units; u++) dy[((blocks - 1) * units + u) * block + block - 1] = 0
        const [imagesAt, tableAt, wAt, vAt, biasAt, dyAt] = [
          putBytes(images),
          bench.put(table),
          bench.put(w),
          bench.room(w.length),
          bench.put([...bias, 0, 0, 0]),
          bench.put(dy),
        ]
        const half = Math.ceil(inputs / 2)
        const parts = inputs > half ? 2 : 1
        const sums = bench.room(parts * row)
        const ranges = [
          [0, half],
          [half, inputs],
        ].slice(0, parts) as [number, number][]
        for (const [part, [from, to]] of ranges.entries())
          kernels.sumRows(wAt, sums + part * row * 4, units, from, to)
        const [y, x, scratch] = [
          bench.room(blocks * units * block),
          bench.room(blocks * inputs * block),
          bench.room(row + 2 * inputs + 2 * blocks * block + 8),
        ]
        const rows = bench.put(new Float32Array(blocks * block * row))
        for (let b = 0; b < blocks; b++) {
          const from = imagesAt + b * block * inputs
          kernels.sparseForward(
            from,
            tableAt,
            wAt,
            biasAt,
            sums,
            parts,
            y + b * units * block * 4,
            scratch,
            samples - b * block,
            inputs,
            units,
          )
          kernels.loadImages(
            from,
            tableAt,
            x + b * inputs * block * 4,
            0,
            0,
            samples - b * block,
            1,
            1,
            inputs,
          )
          kernels.transposeGradient(
            dyAt + b * units * block * 4,
            rows + b * block * row * 4,
            block * 4,
            row * 4,
            units,
          )
        }
        const [expectedY, foundY]: [number[], number[]] = [[], []]
        const outputs = bench.take(y, blocks * units * block)
        for (let s = 0; s < samples; s++)
          for (let u = 0; u < units; u++) {
            let sum = bias[u]!
            for (let i = 0; i < inputs; i++) sum += pixel(s, i) * w[i * row + u]!
            expectedY.push(sum)
            foundY.push(outputs[(Math.floor(s / block) * units + u) * block + (s % block)]!)
          }
        expectClose(foundY, expectedY, 3e-5)

        const optimizer = bench.put([0.1, 0, 0, 0])
        for (const [part, [from, to]] of ranges.entries()) {
          kernels.sparseUpdate(
            x,
            inputs * block * 4,
            tableAt,
            rows,
            wAt,
            vAt,
            sums + part * row * 4,
            scratch,
            optimizer,
            blocks,
            units,
            from,
            to,
          )
        }
        const [velocity, updated] = [bench.take(vAt, w.length), bench.take(wAt, w.length)]
        const [expectedV, foundV]: [number[], number[]] = [[], []]
        for (let i = 0; i < inputs; i++)
          for (let u = 0; u < units; u++) {
            let gradient = 0
            for (let s = 0; s < samples; s++)
              gradient +=
                pixel(s, i) * dy[(Math.floor(s / block) * units + u) * block + (s % block)]!
            expectedV.push(gradient)
            foundV.push(velocity[i * row + u]!)
          }
        expectClose(foundV, expectedV, 1e-4)
        // The sums are of the new weights.
        const column = bench.take(sums, parts * row)
        expectClose(
          Array.from({ length: units }, (_, u) => column[u]! + (parts > 1 ? column[row + u]! : 0)),
          Array.from({ length: units }, (_, u) =>
            Array.from({ length: inputs }, (__, i) => updated[i * row + u]!).reduce(
              (sum, value) => sum + value,
              0,
            ),
          ),
          3e-5,
        )
      }),
      { numRuns: 60 },
    )
  })

  test('tanh and average pooling in one pass give the same results as one after the other', () => {
    const [channels, outHeight, outWidth] = [3, 2, 3]
    const { block } = bench.kernels
    const count = channels * 2 * outHeight * 2 * outWidth * block
    const values = numbers(count, 'tanh').map((value) => value * 3)
    const [apart, together] = [bench.put(values), bench.put(values)]
    const pooled = count / 4
    const [y0, y1, dy, dx0, dx1] = [
      bench.room(pooled),
      bench.room(pooled),
      bench.put(numbers(pooled, 'dy')),
      bench.room(count),
      bench.room(count),
    ]
    const [xRow, yRow] = [2 * outWidth * block * 4, outWidth * block * 4]
    const [xStrides, yStrides] = [
      [2 * outHeight * xRow, xRow],
      [outHeight * yRow, yRow],
    ] as const
    const { kernels } = bench
    kernels.tanhInPlace(apart, count * 4)
    kernels.avgPoolForward(
      apart,
      ...xStrides,
      y0,
      ...yStrides,
      channels,
      outHeight,
      outWidth,
      2,
      2,
      2,
      2,
    )
    kernels.tanhAvgPoolForward(
      together,
      ...xStrides,
      y1,
      ...yStrides,
      channels,
      outHeight,
      outWidth,
    )
    expect(bench.take(together, count)).toEqual(bench.take(apart, count))
    expectClose(bench.take(y1, pooled), bench.take(y0, pooled), 1e-6)
    kernels.avgPoolBackward(
      dy,
      dx0,
      channels,
      2 * outHeight,
      2 * outWidth,
      outHeight,
      outWidth,
      2,
      2,
      2,
      2,
    )
    kernels.tanhBackward(apart, ...xStrides, dx0, channels, 2 * outHeight, 2 * outWidth)
    kernels.tanhAvgPoolBackward(together, ...xStrides, dy, dx1, channels, outHeight, outWidth)
    expectClose(bench.take(dx1, count), bench.take(dx0, count), 1e-7)
  })
})
