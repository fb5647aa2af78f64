import fc from 'fast-check'
import { beforeAll, beforeEach, describe, test } from 'vitest'
import { expectClose, reference, type Shape } from './convolution.js'
import { ALL_BUILDS, Bench } from './support.js'

const POINTS_PER_TILE = 64

const shapes = fc
  .record({
    blocks: fc.integer({ min: 1, max: 2 }),
    channels: fc.integer({ min: 1, max: 5 }),
    outChannels: fc.integer({ min: 1, max: 9 }),
    image: fc.tuple(fc.integer({ min: 5, max: 11 }), fc.integer({ min: 5, max: 11 })),
    border: fc.tuple(fc.nat(4), fc.nat(4), fc.nat(4), fc.nat(4)),
  })
  .map((shape): Shape => ({ ...shape, kernel: [5, 5], stride: [1, 1] }))

describe.each(ALL_BUILDS)('Winograd’s convolution, build %s', (build) => {
  let bench: Bench
  beforeAll(async () => {
    bench = await Bench.create(build)
  })
  beforeEach(() => bench.reset())

  test('the forward pass, both gradients and the update agree with simple loops for any shape and border', () => {
    fc.assert(
      fc.property(
        shapes,
        fc.integer({ min: 1, max: 3 }),
        fc.boolean(),
        fc.boolean(),
        (shape, group, needsInputGradient, together) => {
          bench.reset()
          const { kernels } = bench
          const { block } = kernels
          const {
            blocks,
            channels,
            outChannels,
            border: [top, , left],
            image: [height, width],
          } = shape
          const { outHeight, outWidth, x, w, bias, dy, y, dx, dw, db } = reference(block, shape)
          const [rows, columns] = [Math.ceil(outHeight / 4), Math.ceil(outWidth / 4)]
          // This is the image with a border of zeros that is wide enough for whole tiles.
          const row = (columns * 4 + 4) * block
          const channel = (rows * 4 + 4) * row
          const padded = new Float32Array(blocks * channels * channel)
          for (let plane = 0; plane < blocks * channels; plane++)
            for (let line = 0; line < height; line++) {
              const from = (plane * height + line) * width * block
              padded.set(
                x.slice(from, from + width * block),
                plane * channel + (line + top) * row + left * block,
              )
            }
          const outputs = Math.ceil(outChannels / 4) * 4
          const eachWeight = (visit: (i: number, j: number) => void) => {
            for (let tap = 0; tap < 25; tap++)
              for (let c = 0; c < channels; c++)
                for (let o = 0; o < outChannels; o++) {
                  visit((tap * channels + c) * outChannels + o, (c * 25 + tap) * outputs + o)
                }
          }
          const ours = new Float32Array(25 * channels * outputs)
          eachWeight((i, j) => {
            ours[j] = w[i]!
          })
          const [xAt, weights, velocity, biasAt, dyAt] = [
            bench.put(padded),
            bench.put(ours),
            bench.room(ours.length),
            bench.put([...bias, 0, 0, 0]),
            bench.put(dy),
          ]
          const [output, inputGradient] = [bench.room(y.length), bench.room(dx.length)]
          const plane = POINTS_PER_TILE * block * 4 + 64
          const pointBytes = rows * columns * channels * plane
          const points = bench.room((blocks * pointBytes) / 4)
          const vector = block / 2
          const sumCount = (POINTS_PER_TILE * channels + 1) * outputs * vector
          // All blocks are in one chunk, or each is in its own.
          const chunks = together ? 1 : blocks
          const [sums, filter] = [
            bench.room(chunks * sumCount),
            bench.room(POINTS_PER_TILE * channels * outputs),
          ]
          const scratch = bench.room(
            (group * columns * outChannels * plane) / 4 +
              (72 * channels + 40 * outChannels + 80) * block,
          )
          kernels.winogradFilter(weights, filter, scratch, channels, outChannels)
          for (let b = 0; b < blocks; b++) {
            const out = b * outChannels * outHeight * outWidth * block * 4
            const [pointsAt, gradient] = [
              points + b * pointBytes,
              inputGradient + b * channels * height * width * block * 4,
            ]
            kernels.winogradInput(
              xAt + b * channels * channel * 4,
              channel * 4,
              row * 4,
              pointsAt,
              scratch,
              channels,
              outHeight,
              outWidth,
            )
            kernels.winogradForward(
              pointsAt,
              filter,
              biasAt,
              output + out,
              outHeight * outWidth * block * 4,
              outWidth * block * 4,
              scratch,
              channels,
              outChannels,
              outHeight,
              outWidth,
            )
            kernels.winogradBackward(
              dyAt + out,
              pointsAt,
              sums + (together ? 0 : b) * sumCount * 4,
              filter,
              needsInputGradient ? gradient : 0,
              scratch,
              group,
              b === 0 || !together ? 1 : 0,
              channels,
              height,
              width,
              outChannels,
              outHeight,
              outWidth,
              top,
              left,
            )
          }
          expectClose(bench.take(output, y.length), y, 2e-4)
          if (needsInputGradient) expectClose(bench.take(inputGradient, dx.length), dx, 2e-4)

          // With momentum and decay 0 the velocity is the gradient. The new filter's points must be
          // those of the new weights.
          const [optimizer, biasVelocity] = [bench.put([0.25, 0, 0, 0]), bench.room(outputs)]
          for (let o = 0; o < outputs; o += 4) {
            kernels.winogradUpdate(
              sums,
              sumCount * 4,
              weights,
              velocity,
              filter,
              biasAt,
              biasVelocity,
              scratch,
              optimizer,
              chunks,
              channels,
              outChannels,
              o,
              o + 4,
            )
          }
          expectClose(bench.take(biasVelocity, outChannels), db, 2e-4)
          expectClose(
            bench.take(biasAt, outChannels),
            db.map((value, o) => bias[o]! - 0.25 * value),
            1e-4,
          )
          const [gradient, updated] = [
            bench.take(velocity, ours.length),
            bench.take(weights, ours.length),
          ]
          const found = new Array<number>(dw.length)
          const stepped = new Array<number>(dw.length)
          eachWeight((i, j) => {
            found[i] = gradient[j]!
            stepped[i] = updated[j]!
          })
          expectClose(found, dw, 2e-3)
          expectClose(
            stepped,
            dw.map((value, i) => w[i]! - 0.25 * value),
            5e-4,
          )
          const after = bench.take(filter, POINTS_PER_TILE * channels * outputs)
          kernels.winogradFilter(weights, filter, scratch, channels, outChannels)
          expectClose(after, bench.take(filter, POINTS_PER_TILE * channels * outputs), 1e-30)
        },
      ),
      { numRuns: 60 },
    )
  })
})
