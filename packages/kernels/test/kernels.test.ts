import { createStream, fillDropoutMask, STREAMS } from '@mnist-lab/core'
import fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  BLOCK_SAMPLES,
  command,
  COMMAND_WORDS,
  compileKernels,
  KERNEL_NAMES,
  multiplyAdds,
  NO_OPERAND,
  OPERATION_NAMES,
  type OperationName,
  operationOf,
} from '../src/index.js'
import { OPERATION_LAYOUT } from '../src/generated/operations.js'
import { expectClose, reference, type Shape } from './convolution.js'
import { ALL_BUILDS, Bench, numbers } from './support.js'

const shapes = fc
  .record({
    blocks: fc.integer({ min: 1, max: 2 }),
    channels: fc.integer({ min: 1, max: 6 }),
    outChannels: fc.integer({ min: 1, max: 18 }),
    kernel: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
    stride: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    image: fc.tuple(fc.integer({ min: 4, max: 7 }), fc.integer({ min: 4, max: 7 })),
  })
  .chain((shape) => {
    // No output reads a border that is wider than the kernel.
    const side = (size: number) => fc.integer({ min: 0, max: size - 1 })
    const [height, width] = shape.kernel
    return fc
      .tuple(side(height), side(height), side(width), side(width))
      .map((border): Shape => ({ ...shape, border }))
  })

describe.each(ALL_BUILDS)('build %s', (build) => {
  let bench: Bench
  let block: number
  beforeAll(async () => {
    bench = await Bench.create(build)
    block = bench.kernels.block
  })
  beforeEach(() => bench.reset())

  test('exports the listed kernels, and imports only a memory, shared or not', async () => {
    if (build === 'in JavaScript') {
      const { build: made, block: samples, ...functions } = bench.kernels
      expect(Object.keys(functions).toSorted()).toEqual([...KERNEL_NAMES].toSorted())
      return expect([made, samples]).toEqual(['scalar', BLOCK_SAMPLES.scalar])
    }
    for (const shared of build === 'scalar' ? [false] : [false, true]) {
      const module = await compileKernels(build, shared)
      const functions = WebAssembly.Module.exports(module)
        .filter(({ kind }) => kind === 'function')
        .map(({ name }) => name)
      expect(functions.toSorted()).toEqual([...KERNEL_NAMES].toSorted())
      expect(WebAssembly.Module.imports(module)).toEqual([
        { module: 'env', name: 'memory', kind: 'memory' },
      ])
      const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared })
      expect(
        (await WebAssembly.instantiate(module, { env: { memory } })).exports['run'],
      ).toBeTypeOf('function')
    }
    expect(bench.kernels.build).toBe(build)
    expect(bench.kernels.block).toBe(BLOCK_SAMPLES[build])
  })

  test('convolution, input gradient and update agree with simple loops for any shape, stride and border', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        bench.reset()
        const {
          blocks,
          channels,
          outChannels,
          kernel,
          stride,
          border: [top, bottom, left, right],
          image: [height, width],
        } = shape
        const { outHeight, outWidth, x, w, bias, dy, y, dx, dw, db } = reference(block, shape)
        const { kernels } = bench
        const area = kernel[0] * kernel[1]
        // This is the image with its border of zeros.
        const row = (width + left + right) * block
        const channel = (height + top + bottom) * row
        const padded = new Float32Array(blocks * channels * channel)
        for (let plane = 0; plane < blocks * channels; plane++)
          for (let line = 0; line < height; line++) {
            const from = (plane * height + line) * width * block
            padded.set(
              x.slice(from, from + width * block),
              plane * channel + (line + top) * row + left * block,
            )
          }
        const [xAt, xBlock, xChannel, xRow] = [
          bench.put(padded),
          channels * channel * 4,
          channel * 4,
          row * 4,
        ]
        const outputs = Math.ceil(outChannels / 4) * 4
        /** [position, channel, output] and [channel][position][output up to a multiple of 4]. */
        const eachWeight = (visit: (i: number, j: number) => void) => {
          for (let position = 0; position < area; position++)
            for (let c = 0; c < channels; c++)
              for (let o = 0; o < outChannels; o++) {
                visit(
                  (position * channels + c) * outChannels + o,
                  (c * area + position) * outputs + o,
                )
              }
        }
        const ours = new Float32Array(area * channels * outputs)
        eachWeight((i, j) => {
          ours[j] = w[i]!
        })
        const [weights, biasAt, dyAt] = [
          bench.put(ours),
          bench.put([...bias, 0, 0, 0]),
          bench.put(dy),
        ]
        const outRow = outWidth * block * 4
        const [output, inputGradient] = [bench.room(y.length), bench.room(dx.length)]
        for (let b = 0; b < blocks; b++) {
          const [out, gradient] = [
            b * outChannels * outHeight * outRow,
            b * channels * height * width * block * 4,
          ]
          kernels.convForward(
            xAt + b * xBlock,
            xChannel,
            xRow,
            weights,
            biasAt,
            output + out,
            outHeight * outRow,
            outRow,
            channels,
            outChannels,
            outHeight,
            outWidth,
            ...kernel,
            ...stride,
          )
          kernels.convBackwardData(
            dyAt + out,
            weights,
            inputGradient + gradient,
            channels,
            height,
            width,
            outChannels,
            outHeight,
            outWidth,
            ...kernel,
            ...stride,
            top,
            left,
          )
        }
        expectClose(bench.take(output, y.length), y)
        expectClose(bench.take(inputGradient, dx.length), dx)

        // With rate 0 and momentum 0 the velocity is the gradient. Two calls update one part each,
        // as threads do.
        const [velocity, biasVelocity, optimizer] = [
          bench.room(ours.length),
          bench.room(outChannels),
          bench.put([0, 0, 0, 0]),
        ]
        const half = Math.min(outChannels, 2)
        for (const [from, to] of [
          [0, half],
          [half, outChannels],
        ] as const) {
          kernels.convUpdate(
            xAt,
            xBlock,
            xChannel,
            xRow,
            dyAt,
            weights,
            velocity,
            optimizer,
            blocks,
            channels,
            outChannels,
            outHeight,
            outWidth,
            ...kernel,
            ...stride,
            from,
            to,
          )
        }
        kernels.biasUpdate(
          dyAt,
          biasAt,
          biasVelocity,
          optimizer,
          blocks,
          outChannels,
          outHeight * outWidth,
        )
        const gradient = bench.take(velocity, ours.length)
        const found = new Array<number>(dw.length)
        eachWeight((i, j) => {
          found[i] = gradient[j]!
        })
        expectClose(found, dw, 1e-4)
        expectClose(bench.take(biasVelocity, outChannels), db, 1e-4)
      }),
      { numRuns: 100 },
    )
  })

  test('a dense update sums the outer product over the samples and then does an SGD step as PyTorch does', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 13 }),
        fc.integer({ min: 1, max: 21 }),
        (blocks, inputs, units) => {
          bench.reset()
          const row = Math.ceil(units / 4) * 4
          const [w, v] = [numbers(inputs * row, 'w'), numbers(inputs * row, 'v')]
          const [x, dy] = [
            numbers(blocks * inputs * block, 'x'),
            numbers(blocks * units * block, 'dy'),
          ]
          const tiles = Math.ceil(units / block)
          const transposed = bench.put(new Float32Array(tiles * blocks * block * block))
          const dyAt = bench.put(dy)
          for (let b = 0; b < blocks; b++) {
            bench.kernels.transposeGradient(
              dyAt + b * units * block * 4,
              transposed + b * block * block * 4,
              blocks * block * block * 4,
              block * 4,
              units,
            )
          }
          const [xAt, wAt, vAt, optimizer] = [
            bench.put(x),
            bench.put(w),
            bench.put(v),
            bench.put([0.1, 0.9, 0.01, 0]),
          ]
          for (let from = 0; from < inputs; from += 8) {
            bench.kernels.denseUpdate(
              xAt,
              inputs * block * 4,
              transposed,
              blocks * block * block * 4,
              wAt,
              vAt,
              optimizer,
              blocks,
              units,
              from,
              Math.min(inputs, from + 8),
            )
          }
          const [newW, newV] = [bench.take(wAt, w.length), bench.take(vAt, v.length)]
          for (let i = 0; i < inputs; i++)
            for (let u = 0; u < units; u++) {
              let gradient = 0
              for (let b = 0; b < blocks; b++)
                for (let s = 0; s < block; s++)
                  gradient += x[(b * inputs + i) * block + s]! * dy[(b * units + u) * block + s]!
              const velocity = 0.9 * v[i * row + u]! + gradient + 0.01 * w[i * row + u]!
              expect(newV[i * row + u]).toBeCloseTo(velocity, 5)
              expect(newW[i * row + u]).toBeCloseTo(w[i * row + u]! - 0.1 * velocity, 5)
            }
        },
      ),
      { numRuns: 60 },
    )
  })

  test('a velocity without gradient never becomes a denormal number, nor does its product with the learning rate', () => {
    const [x, dy] = [bench.put(new Float32Array(4 * block)), bench.put(new Float32Array(64))]
    const [w, v, optimizer] = [
      bench.put(new Float32Array(16).fill(0.5)),
      bench.put(new Float32Array(16).fill(0.1)),
      bench.put([0.01, 0.9, 0, 0]),
    ]
    for (let step = 0; step < 1200; step++) {
      bench.kernels.denseUpdate(
        x,
        4 * block * 4,
        dy,
        block * block * 4,
        w,
        v,
        optimizer,
        1,
        4,
        0,
        4,
      )
      for (const velocity of bench.take(v, 16))
        expect(velocity === 0 || Math.abs(velocity) > 1e-30, `${velocity} in step ${step}`).toBe(
          true,
        )
    }
    expect(Math.max(...bench.take(v, 16))).toBeLessThan(1e-20)
  })

  test('cross-entropy after one or two softmaxes, and its gradient, agree with double precision', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.boolean(),
        fc.double({ min: 0.1, max: 60, noNaN: true }),
        (classes, double, range) => {
          bench.reset()
          const logits = numbers(classes * block, 'logits').map((value) =>
            Math.fround(value * range),
          )
          const labels = Array.from({ length: block }, (_, s) =>
            s === block - 1 ? -1 : (s * 5) % classes,
          )
          const weights = labels.map((label) => (label < 0 ? 0 : 0.25))
          const [at, labelsAt, weightsAt] = [
            bench.put(logits),
            bench.put(labels),
            bench.put(weights),
          ]
          const [gradient, result] = [bench.room(classes * block), bench.room(3 * block)]
          bench.kernels.crossEntropy(
            at,
            labelsAt,
            weightsAt,
            gradient,
            result,
            classes,
            double ? 1 : 0,
          )
          const [found, results] = [
            bench.take(gradient, classes * block),
            bench.take(result, 3 * block),
          ]
          for (const [s, label] of labels.entries()) {
            const z = Array.from({ length: classes }, (_, c) => logits[c * block + s]!)
            if (label < 0) {
              expect(z.map((_, c) => found[c * block + s])).toEqual(z.map(() => 0))
              continue
            }
            const p = softmax(z)
            const q = double ? softmax(p) : p
            expect(Math.log(results[s]!) + results[block + s]!).toBeCloseTo(-Math.log(q[label]!), 4)
            expect(results[2 * block + s]).toBe(z.indexOf(Math.max(...z)) === label ? 1 : 0)
            const h = q.map((value, c) => value - (c === label ? 1 : 0))
            const mean = h.reduce((total, value, c) => total + value * p[c]!, 0)
            expectClose(
              z.map((_, c) => found[c * block + s]!),
              h.map((value, c) => 0.25 * (double ? p[c]! * (value - mean) : value)),
              1e-6,
            )
          }
        },
      ),
      { numRuns: 100 },
    )
  })

  test('a gradient of cross-entropy is never a denormal number, however far the logits are apart', () => {
    const classes = 10
    for (const apart of [5, 20, 49, 51, 70, 86, 88, 100, 1000])
      for (const double of [0, 1]) {
        bench.reset()
        const logits = Array.from(
          { length: classes * block },
          (_, i) => (-apart * Math.floor(i / block)) / 3,
        )
        const [at, labels, weights] = [
          bench.put(logits),
          bench.put(new Array<number>(block).fill(1)),
          bench.put(new Array<number>(block).fill(1 / 32)),
        ]
        const [gradient, result] = [bench.room(classes * block), bench.room(3 * block)]
        bench.kernels.crossEntropy(at, labels, weights, gradient, result, classes, double)
        for (const value of bench.take(gradient, classes * block)) {
          expect(
            value === 0 || Math.abs(value) > 1e-30,
            `${value} with logits ${apart} apart`,
          ).toBe(true)
        }
      }
  })

  describe('tanh', () => {
    function tanh(values: readonly number[]): number[] {
      const at = bench.put(values)
      bench.kernels.tanhInPlace(at, values.length * 4)
      return bench.take(at, values.length)
    }

    test('is within 4e-7 of the true value over the whole range, is odd, and is ±1 at the ends', () => {
      const values = Array.from({ length: 200_008 }, (_, i) => Math.fround((i - 100_004) / 10_000))
      const results = tanh(values)
      const worst = results.reduce(
        (most, result, i) => Math.max(most, Math.abs(result - Math.tanh(values[i]!))),
        0,
      )
      expect(worst).toBeLessThan(4e-7)
      expect(results[0]).toBeCloseTo(-1, 6)
      expect(results.at(-1)).toBeCloseTo(1, 6)
      for (let i = 1; i < 100_004; i += 997)
        expect(results[100_004 - i]! + results[100_004 + i]!).toBe(0)
    })

    test('has a relative error below 3e-7 near zero, and is right for zeros, infinities and NaN', () => {
      const results = tanh([
        0,
        -0,
        1e-30,
        -1e-10,
        1e-4,
        0.01,
        Infinity,
        -Infinity,
        Number.NaN,
        1e38,
        0.1,
        -0.1,
        0,
        0,
        0,
        0,
      ])
      for (const [i, x] of [
        [2, 1e-30],
        [3, -1e-10],
        [4, 1e-4],
        [5, 0.01],
        [10, 0.1],
        [11, -0.1],
      ] as const) {
        expect(Math.abs(results[i]! / Math.tanh(x) - 1)).toBeLessThan(3e-7)
      }
      expect(results[0]).toBe(0)
      for (const i of [6, 7, 9]) expect(Math.abs(results[i]!)).toBeCloseTo(1, 6)
      expect(results[8]).toBeNaN()
    })
  })

  test('max pooling gives the gradient to the first largest number of a window, also if none is positive', () => {
    // There is one channel with one 2 × 2 window, and the samples differ.
    const windows = [
      [-1, -2, -3, -4],
      [-4, -1, -1, -4],
      [0, 0, 0, 0],
      [1, 2, 3, 4],
      [4, 4, 1, 4],
      [-5, -5, -4, -4],
      [1, 0, 1, 0],
      [0, 1, 0, 1],
    ]
    for (let first = 0; first < windows.length; first += block) {
      const some = windows.slice(first, first + block)
      const x = bench.put(
        [0, 1, 2, 3].flatMap((position) => some.map((values) => values[position]!)),
      )
      const dy = bench.put(some.map((_, sample) => sample + 1))
      const [y, dx] = [bench.room(block), bench.room(4 * block)]
      const [pixel, row] = [block * 4, 2 * block * 4]
      bench.kernels.maxPoolForward(x, 2 * row, row, y, pixel, pixel, 1, 1, 1, 2, 2, 2, 2)
      expect(bench.take(y, block)).toEqual(some.map((values) => Math.max(...values)))
      bench.kernels.maxPoolBackward(x, 2 * row, row, dy, dx, 1, 2, 2, 1, 1, 2, 2, 2, 2)
      const gradient = bench.take(dx, 4 * block)
      for (const [sample, values] of some.entries()) {
        const best = values.indexOf(Math.max(...values))
        expect(values.map((_, position) => gradient[position * block + sample])).toEqual(
          values.map((_, position) => (position === best ? sample + 1 : 0)),
        )
      }
    }
  })

  test('dropout masks are bit for bit those of @mnist-lab/core', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 7 }),
        fc.maxSafeNat(),
        fc.integer({ min: 0, max: 20 }),
        fc.integer({ min: 0, max: 2 ** 31 - 1 }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        (blocks, positions, channels, seed, layer, step, rate) => {
          bench.reset()
          const count = block * positions * channels
          const expected = new Float32Array(blocks * count)
          fillDropoutMask(createStream(seed, 'dropout', layer, step), expected, rate)
          const target = bench.room(blocks * count)
          for (let b = 0; b < blocks; b++) {
            bench.kernels.dropoutMask(
              target + b * count * 4,
              b,
              positions,
              channels,
              step,
              STREAMS.dropout | (layer << 8),
              seed >>> 0,
              Math.floor(seed / 2 ** 32),
              Math.round(rate * 65_536),
              1 / (1 - rate),
            )
          }
          const mask = bench.take(target, blocks * count)
          for (const [i, value] of expected.entries()) {
            const [sample, position, channel] = [
              Math.floor(i / positions / channels),
              Math.floor(i / channels) % positions,
              i % channels,
            ]
            expect(
              mask[
                ((Math.floor(sample / block) * channels + channel) * positions + position) * block +
                  (sample % block)
              ],
            ).toBe(value)
          }
        },
      ),
      { numRuns: 100 },
    )
  })
})

function softmax(scores: readonly number[]): number[] {
  const top = Math.max(...scores)
  const powers = scores.map((score) => Math.exp(score - top))
  const total = powers.reduce((sum, power) => sum + power, 0)
  return powers.map((power) => power / total)
}

test('a command holds the named fields in the order of its kernel’s arguments', () => {
  const buffer = { address: 128, stride: 27, scope: 'block' } as const
  const one = { address: 64, stride: 0, scope: 'thread' } as const
  const words = command('copy', { x: buffer, bytes: 12, y: one })
  expect(words).toEqual([OPERATION_NAMES.indexOf('copy'), 128, 27, 1, 64, 0, 2, 12])
  const mask = { mask: one, positions: 1, channels: 2, purpose: 3, threshold: 4, scale: 0.5 }
  // A float32 is stored as its bits.
  expect(command('dropoutMask', mask).at(-1)).toBe(0x3f000000)
  expect(() => command('copy', { x: buffer, y: one } as never)).toThrow('copy: the field bytes')
})

test('every operation fits into a command, and its counts are those of a direct sum', () => {
  const names = Object.keys(OPERATION_LAYOUT) as OperationName[]
  expect(names).toEqual(OPERATION_NAMES)
  for (const name of names) {
    const fields = OPERATION_LAYOUT[name].split(' ').map((part) => {
      const [field, type] = part.split(':') as [string, string]
      return [field, type === 'o' ? NO_OPERAND : 1] as const
    })
    const words = command(name, Object.fromEntries(fields) as never)
    expect(words.length, name).toBeLessThanOrEqual(COMMAND_WORDS)
    expect(operationOf(Int32Array.from(words))).toBe(name)
  }
  const counts = { units: 3, from: 4, to: 9, xBlock: 0, x: 0, dy: 0, dyTile: 0, weights: 0 }
  const update = command('denseUpdate', { ...counts, velocity: 0 })
  expect(multiplyAdds(Int32Array.from(update), 8)).toBe(8 * 3 * 5)
  const copy = command('copy', { x: NO_OPERAND, y: NO_OPERAND, bytes: 4 })
  expect(multiplyAdds(Int32Array.from(copy), 8)).toBeUndefined()
})
