import { createStream, fillDropoutMask, STREAMS } from '@mnist-lab/random'
import fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { compileKernels, KERNEL_NAMES } from '../src/index.js'
import { Bench, numbers } from './support.js'

const LANES = 8

let bench: Bench
beforeAll(async () => { bench = await Bench.create() })
beforeEach(() => bench.reset())

function expectClose(actual: readonly number[], expected: readonly number[], tolerance = 1e-5): void {
  expect(actual).toHaveLength(expected.length)
  const worst = actual.reduce((most, value, i) => Math.max(most, Number.isNaN(value) ? Infinity : Math.abs(value - expected[i]!)), 0)
  expect(worst).toBeLessThan(tolerance)
}

test('the module exports what is listed, and asks for a memory only', async () => {
  const module = await compileKernels()
  const functions = WebAssembly.Module.exports(module).filter(({ kind }) => kind === 'function').map(({ name }) => name)
  expect(functions.toSorted()).toEqual([...KERNEL_NAMES].toSorted())
  expect(WebAssembly.Module.imports(module)).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }])
})

interface Shape {
  readonly blocks: number
  readonly channels: number
  readonly outChannels: number
  readonly kernel: readonly [number, number]
  readonly stride: readonly [number, number]
  readonly border: readonly [top: number, bottom: number, left: number, right: number]
  readonly image: readonly [number, number]
}

const shapes = fc.record({
  blocks: fc.integer({ min: 1, max: 2 }),
  channels: fc.integer({ min: 1, max: 6 }),
  outChannels: fc.integer({ min: 1, max: 18 }),
  kernel: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
  stride: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
  image: fc.tuple(fc.integer({ min: 4, max: 7 }), fc.integer({ min: 4, max: 7 })),
}).chain((shape) => {
  // A border beyond the kernel meets no output.
  const side = (size: number) => fc.integer({ min: 0, max: size - 1 })
  const [height, width] = shape.kernel
  return fc.tuple(side(height), side(height), side(width), side(width)).map((border): Shape => ({ ...shape, border }))
})

/** A convolution and its gradients in plain loops, in double precision; everything [block][channel][row][column][8]. */
function reference({ blocks, channels, outChannels, kernel, stride, border: [top, bottom, left, right], image: [height, width] }: Shape) {
  const outHeight = Math.floor((height + top + bottom - kernel[0]) / stride[0]) + 1
  const outWidth = Math.floor((width + left + right - kernel[1]) / stride[1]) + 1
  const x = numbers(blocks * channels * height * width * LANES, 'x')
  const w = numbers(kernel[0] * kernel[1] * channels * outChannels, 'w')
  const bias = numbers(outChannels, 'bias')
  const dy = numbers(blocks * outChannels * outHeight * outWidth * LANES, 'dy')
  const y = new Array<number>(dy.length).fill(0)
  const dx = new Array<number>(x.length).fill(0)
  const dw = new Array<number>(w.length).fill(0)
  const db = new Array<number>(outChannels).fill(0)
  let at = 0
  for (let b = 0; b < blocks; b++) for (let o = 0; o < outChannels; o++) {
    for (let row = 0; row < outHeight; row++) for (let column = 0; column < outWidth; column++) for (let lane = 0; lane < LANES; lane++, at++) {
      y[at]! += bias[o]!
      db[o]! += dy[at]!
      for (let ky = 0; ky < kernel[0]; ky++) for (let kx = 0; kx < kernel[1]; kx++) for (let c = 0; c < channels; c++) {
        const [iy, ix] = [row * stride[0] + ky - top, column * stride[1] + kx - left]
        if (iy < 0 || iy >= height || ix < 0 || ix >= width) continue
        const i = (((b * channels + c) * height + iy) * width + ix) * LANES + lane
        const j = ((ky * kernel[1] + kx) * channels + c) * outChannels + o
        y[at]! += x[i]! * w[j]!
        dx[i]! += dy[at]! * w[j]!
        dw[j]! += dy[at]! * x[i]!
      }
    }
  }
  return { outHeight, outWidth, x, w, bias, dy, y, dx, dw, db }
}

test('convolution and its three gradients are those of plain loops, for any shape, stride and border', () => {
  fc.assert(fc.property(shapes, (shape) => {
    bench.reset()
    const { blocks, channels, outChannels, kernel, stride, border: [top, bottom, left, right], image: [height, width] } = shape
    const { outHeight, outWidth, x, w, bias, dy, y, dx, dw, db } = reference(shape)
    const { kernels } = bench
    const area = kernel[0] * kernel[1]
    // The image with its border of zeros.
    const row = (width + left + right) * LANES
    const channel = (height + top + bottom) * row
    const padded = new Float32Array(blocks * channels * channel)
    for (let plane = 0; plane < blocks * channels; plane++) for (let line = 0; line < height; line++) {
      const from = (plane * height + line) * width * LANES
      padded.set(x.slice(from, from + width * LANES), plane * channel + (line + top) * row + left * LANES)
    }
    const input = [bench.put(padded), channels * channel * 4, channel * 4, row * 4] as const
    const [weights, biasAt, dyAt] = [bench.put(w), bench.put([...bias, 0, 0, 0]), bench.put(dy)]
    const outRow = outWidth * LANES * 4
    const output = bench.room(y.length)
    const packed = bench.room(Math.ceil(outChannels / 4) * 4 * channels * area)
    kernels.packForward(weights, packed, area, channels, outChannels)
    kernels.convForward(...input, packed, biasAt, output, outChannels * outHeight * outRow, outHeight * outRow, outRow,
      blocks, channels, outChannels, outHeight, outWidth, ...kernel, ...stride)
    expectClose(bench.take(output, y.length), y)

    const backwardWeights = bench.room(Math.ceil(channels / 4) * 4 * outChannels * area)
    const inputGradient = bench.room(dx.length)
    kernels.packBackward(weights, backwardWeights, area, channels, outChannels)
    kernels.convBackwardData(dyAt, backwardWeights, inputGradient, blocks, channels, height, width, outChannels, outHeight, outWidth,
      ...kernel, ...stride, top, left)
    expectClose(bench.take(inputGradient, dx.length), dx)

    const transposed = bench.room(blocks * outHeight * outWidth * LANES * Math.ceil(outChannels / 8) * 8)
    const [weightGradient, biasGradient] = [bench.room(dw.length), bench.room(outChannels)]
    kernels.transposeGradient(dyAt, transposed, blocks, outChannels, outHeight * outWidth)
    kernels.convBackwardWeights(...input, transposed, weightGradient, blocks, channels, outChannels, outHeight, outWidth, ...kernel, ...stride)
    kernels.biasGradient(transposed, biasGradient, blocks * outHeight * outWidth * LANES, outChannels)
    expectClose(bench.take(weightGradient, dw.length), dw, 1e-4)
    expectClose(bench.take(biasGradient, outChannels), db, 1e-4)
  }), { numRuns: 150 })
})

describe('tanh', () => {
  test('is within 4e-7 of the true one over the whole range, odd, and ±1 at the ends', () => {
    const values = Array.from({ length: 200_004 }, (_, i) => Math.fround((i - 100_002) / 10_000))
    const at = bench.put(values)
    bench.kernels.tanhInPlace(at, values.length)
    const results = bench.take(at, values.length)
    const worst = results.reduce((most, result, i) => Math.max(most, Math.abs(result - Math.tanh(values[i]!))), 0)
    expect(worst).toBeLessThan(4e-7)
    expect(results[0]).toBeCloseTo(-1, 6)
    expect(results.at(-1)).toBeCloseTo(1, 6)
    for (let i = 1; i < 100_002; i += 997) expect(results[100_002 - i]! + results[100_002 + i]!).toBe(0)
  })

  test('is within 3e-7 relative near zero, and lets zeros, infinities and NaN be what they are', () => {
    const values = [0, -0, 1e-30, -1e-10, 1e-4, 0.01, Infinity, -Infinity, Number.NaN, 1e38, 0.1, -0.1]
    const at = bench.put(values)
    bench.kernels.tanhInPlace(at, values.length)
    const results = bench.take(at, values.length)
    for (const i of [2, 3, 4, 5, 10, 11]) expect(Math.abs(results[i]! / Math.tanh(values[i]!) - 1)).toBeLessThan(3e-7)
    expect(results[0]).toBe(0)
    expect([results[6], results[7], results[9]].map((value) => Math.abs(value!))).toEqual([1, 1, 1].map((one) => expect.closeTo(one, 6) as number))
    expect(results[8]).toBeNaN()
  })
})

describe('max pooling', () => {
  test('gives the gradient to the first largest of a window, row by row, also when none is positive', () => {
    // One channel, 2×2 in one window; lanes differ.
    const lanes = [[-1, -2, -3, -4], [-4, -1, -1, -4], [0, 0, 0, 0], [1, 2, 3, 4], [4, 4, 1, 4], [-5, -5, -4, -4], [1, 0, 1, 0], [0, 1, 0, 1]]
    const x = bench.put([0, 1, 2, 3].flatMap((position) => lanes.map((values) => values[position]!)))
    const dy = bench.put(Array.from({ length: 8 }, (_, lane) => lane + 1))
    const [y, dx] = [bench.room(8), bench.room(32)]
    bench.kernels.maxPoolForward(x, 128, 128, 64, y, 32, 32, 32, 1, 1, 1, 1, 2, 2, 2, 2)
    expect(bench.take(y, 8)).toEqual(lanes.map((values) => Math.max(...values)))
    bench.kernels.maxPoolBackward(x, 128, 128, 64, dy, dx, 1, 1, 2, 2, 1, 1, 2, 2, 2, 2)
    const gradient = bench.take(dx, 32)
    for (const [lane, values] of lanes.entries()) {
      const first = values.indexOf(Math.max(...values))
      expect([0, 1, 2, 3].map((position) => gradient[position * 8 + lane])).toEqual([0, 1, 2, 3].map((position) => (position === first ? lane + 1 : 0)))
    }
  })
})

test('SGD is PyTorch’s: v ← momentum · v + g + decay · w, w ← w − rate · v', () => {
  const [w, v, g] = [numbers(12, 'sgd w'), numbers(12, 'sgd v'), numbers(12, 'sgd g')]
  const [wAt, vAt, gAt] = [bench.put(w), bench.put(v), bench.put(g)]
  bench.kernels.sgd(wAt, vAt, gAt, 12, 0.1, 0.9, 0.01)
  const velocity = v.map((value, i) => 0.9 * value + g[i]! + 0.01 * w[i]!)
  expectClose(bench.take(vAt, 12), velocity, 1e-6)
  expectClose(bench.take(wAt, 12), w.map((value, i) => value - 0.1 * velocity[i]!), 1e-6)
})

test('dropout masks are those of @mnist-lab/random, to the bit, in the lanes', () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 7 }), fc.maxSafeNat(),
    fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 2 ** 31 - 1 }), fc.double({ min: 0.01, max: 0.99, noNaN: true }),
    (samples, positions, channels, seed, layer, step, rate) => {
      bench.reset()
      const expected = new Float32Array(samples * positions * channels)
      fillDropoutMask(createStream(seed, 'dropout', layer, step), expected, rate)
      const target = bench.room(Math.ceil(samples / 8) * 8 * positions * channels)
      bench.kernels.dropoutMask(target, samples, positions, channels, step, STREAMS.dropout | (layer << 8), seed >>> 0,
        Math.floor(seed / 2 ** 32), Math.round(rate * 65_536), 1 / (1 - rate))
      const mask = bench.take(target, Math.ceil(samples / 8) * 8 * positions * channels)
      for (const [i, value] of expected.entries()) {
        const [sample, position, channel] = [Math.floor(i / positions / channels), Math.floor(i / channels) % positions, i % channels]
        expect(mask[(((sample >> 3) * channels + channel) * positions + position) * LANES + (sample & 7)]).toBe(value)
      }
    }), { numRuns: 100 })
})
