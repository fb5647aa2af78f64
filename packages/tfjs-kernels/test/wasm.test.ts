// Each kernel is compared with the same kernel of TensorFlow.js's cpu backend.
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { installTrainingKernels, type TfjsBuild, TFJS_BUILDS } from '../src/wasm/index.js'
import {
  expectClose,
  expectSameAsCpu,
  type Inputs,
  random,
  run,
  type Shape4,
} from './wasm-support.js'

type Pad =
  | 'same'
  | 'valid'
  | number
  | [[number, number], [number, number], [number, number], [number, number]]

const RUNS = { numRuns: 40 }
const stride = fc.integer({ min: 1, max: 3 })
const pads = fc.constantFrom<Pad[]>('same', 'valid', 1, 2, [
  [0, 0],
  [0, 2],
  [1, 0],
  [0, 0],
])

const side = fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 6, max: 40 }))

interface Conv {
  x: Shape4
  filter: Shape4
  stride: [number, number]
  pad: Pad
}

const convs = fc
  .tuple(
    fc.tuple(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 5, max: 9 }),
      fc.integer({ min: 5, max: 9 }),
      fc.integer({ min: 1, max: 5 }),
    ),
    fc.tuple(
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 18 }),
    ),
    fc.tuple(stride, stride),
    pads,
  )
  .map(([x, [height, width, out], strides, pad]): Conv => ({
    x,
    filter: [height, width, x[3], out],
    stride: strides,
    pad,
  }))

const examples: [string, Conv][] = [
  ['LeNet-5, first layer', { x: [4, 28, 28, 1], filter: [5, 5, 1, 6], stride: [1, 1], pad: 2 }],
  [
    'LeNet-5, second layer',
    { x: [4, 14, 14, 6], filter: [5, 5, 6, 16], stride: [1, 1], pad: 'valid' },
  ],
  [
    'same padding, stride 2',
    { x: [2, 9, 8, 3], filter: [3, 3, 3, 5], stride: [2, 2], pad: 'same' },
  ],
  [
    'valid, rows left unused by stride 3',
    { x: [2, 12, 11, 2], filter: [4, 3, 2, 3], stride: [3, 2], pad: 'valid' },
  ],
  [
    'a kernel as large as the image',
    { x: [3, 5, 5, 4], filter: [5, 5, 4, 7], stride: [1, 1], pad: 'valid' },
  ],
  [
    'rows narrower than a vector',
    { x: [2, 7, 1, 1], filter: [2, 1, 1, 3], stride: [1, 1], pad: 'valid' },
  ],
  [
    'images of which the cache holds one',
    { x: [3, 50, 40, 4], filter: [3, 3, 4, 9], stride: [1, 1], pad: 'same' },
  ],
  [
    'images of which the cache holds two',
    { x: [5, 30, 30, 6], filter: [3, 3, 6, 6], stride: [1, 1], pad: 'valid' },
  ],
  [
    'more channels than go through at a time',
    { x: [2, 9, 9, 8], filter: [3, 3, 8, 131], stride: [1, 1], pad: 'same' },
  ],
  ['no images', { x: [0, 6, 6, 2], filter: [3, 3, 2, 4], stride: [1, 1], pad: 'valid' }],
]

function use(build: TfjsBuild): void {
  let undo: () => void
  beforeAll(() => {
    undo = installTrainingKernels(tf, { build })
  })
  afterAll(() => undo())
}

describe.each(TFJS_BUILDS)('build %s', (build) => {
  use(build)

  describe.each(['Conv2DBackpropFilter', 'Conv2DBackpropInput'])('%s', (kernel) => {
    function expectSameGradient({ x, filter, stride, pad }: Conv): Promise<void> {
      const { outShape } = tf.backend_util.computeConv2DInfo(x, filter, stride, 1, pad)
      const attrs = { strides: stride, pad, dataFormat: 'NHWC', filterShape: filter, inputShape: x }
      return expectSameAsCpu(
        kernel,
        { x: random(x, 'x'), filter: random(filter, 'filter'), dy: random(outShape, 'dy') },
        attrs,
      )
    }
    test.each(examples)('agrees with the cpu kernel: %s', (_name, example) =>
      expectSameGradient(example),
    )

    test('agrees with the cpu kernel on any shape, stride and padding', async () => {
      await fc.assert(fc.asyncProperty(convs, expectSameGradient), RUNS)
    })
  })

  describe('products', () => {
    test('agree with the cpu kernels on any shape, transposed or not, in batches or not', async () => {
      const batches = fc.constantFrom<[number[], number[]][]>(
        [[1], [1]],
        [[3], [3]],
        [[3], [1]],
        [[1], [2]],
      )
      const cases = fc.tuple(side, side, side, fc.boolean(), fc.boolean(), batches)
      await fc.assert(
        fc.asyncProperty(cases, async ([m, k, n, transposeA, transposeB, [batchA, batchB]]) => {
          const a = random([...batchA, ...(transposeA ? [k, m] : [m, k])], 'a')
          const b = random([...batchB, ...(transposeB ? [n, k] : [k, n])], 'b')
          await expectSameAsCpu('BatchMatMul', { a, b }, { transposeA, transposeB })
        }),
        RUNS,
      )
    })

    const transposed: [boolean, boolean][] = [
      [false, false],
      [false, true],
      [true, false],
      [true, true],
    ]
    test.each(transposed)(
      'agree with the cpu kernels where b goes through in panels: %s, %s',
      async (transposeA, transposeB) => {
        const [m, k, n] = [70, 21, 131]
        await expectSameAsCpu(
          'BatchMatMul',
          {
            a: random([1, ...(transposeA ? [k, m] : [m, k])], 'a'),
            b: random([1, ...(transposeB ? [n, k] : [k, n])], 'b'),
          },
          { transposeA, transposeB },
        )
      },
    )

    test('leave other activations to TensorFlow.js', async () => {
      const inputs = {
        a: random([1, 5, 6], 'a'),
        b: random([1, 6, 7], 'b'),
        bias: random([7], 'bias'),
      }
      await expectSameAsCpu('_FusedMatMul', inputs, {
        transposeA: false,
        transposeB: false,
        activation: 'relu6',
      })
    })

    test('agree with the cpu kernels if there is nothing to multiply', async () => {
      const attrs = { transposeA: false, transposeB: true }
      await expectSameAsCpu(
        'BatchMatMul',
        { a: random([1, 0, 4], 'a'), b: random([1, 6, 4], 'b') },
        attrs,
      )
      const { shape, values } = await run(
        'wasm',
        'BatchMatMul',
        { a: random([1, 2, 0], 'a'), b: random([1, 5, 0], 'b') },
        attrs,
      )
      expect({ shape, values: [...values] }).toEqual({
        shape: [1, 2, 5],
        values: new Array(10).fill(0),
      })
    })
  })

  describe('gradients of pooling', () => {
    const side = fc.integer({ min: 4, max: 8 })
    const shapes = fc.tuple(
      fc.integer({ min: 0, max: 3 }),
      side,
      side,
      fc.integer({ min: 1, max: 10 }),
    )
    const size = fc.integer({ min: 1, max: 3 })

    function expectSameGradient(
      kernel: string,
      input: [Float32Array, readonly number[]],
      size: number,
      stride: number,
      pad: Pad,
    ): Promise<void> {
      const { outShape } = tf.backend_util.computePool2DInfo(
        [...input[1]] as Shape4,
        size,
        stride,
        1,
        pad,
      )
      // The kernels only read the input; `output` only needs the right shape.
      return expectSameAsCpu(
        kernel,
        { input, output: random(outShape, 'output'), dy: random(outShape, 'dy') },
        { filterSize: [size, size], strides: [stride, stride], pad },
      )
    }

    test.each(['MaxPoolGrad', 'AvgPoolGrad'])(
      '%s agrees with the cpu kernel on any shape, stride and padding',
      async (kernel) => {
        await fc.assert(
          fc.asyncProperty(
            shapes,
            size,
            stride,
            fc.constantFrom<Pad[]>('same', 'valid'),
            (x, size, stride, pad) => expectSameGradient(kernel, random(x, 'x'), size, stride, pad),
          ),
          RUNS,
        )
      },
    )

    test('MaxPoolGrad agrees with the cpu kernel if every value is negative', async () => {
      const [values, shape] = random([2, 6, 6, 6], 'x')
      await expectSameGradient(
        'MaxPoolGrad',
        [values.map((value) => value - 2), shape],
        2,
        2,
        'valid',
      )
    })

    test('MaxPoolGrad gives the gradient to the first of equal values', async () => {
      const channels = [0, 1, 2, 3, 4]
      const { values } = await run(
        'wasm',
        'MaxPoolGrad',
        {
          input: [
            Float32Array.from([0, 3, 3, 3].flatMap((value) => channels.map(() => value))),
            [1, 2, 2, 5],
          ],
          output: random([1, 1, 1, 5], 'output'),
          dy: [Float32Array.of(5, 6, 7, 8, 9), [1, 1, 1, 5]],
        },
        { filterSize: [2, 2], strides: [2, 2], pad: 'valid' },
      )
      expect([...values]).toEqual([0, 0, 0, 0, 0, 5, 6, 7, 8, 9, ...new Array<number>(10).fill(0)])
    })
  })

  // Without SIMD an optimizer composes it of Add and Sub.
  test.skipIf(build === 'plain')(
    'AddAndFlush is the sum at any length, and 0 where the sum is nearly a denormal number',
    async () => {
      for (const count of [1, 3, 4, 1023, 1024, 1025, 2500]) {
        const inputs = { a: random([count], 'a'), b: random([count], 'b') }
        const { values } = await run('wasm', 'AddAndFlush', inputs, {})
        expect(values).toEqual((await run('wasm', 'Add', inputs, {})).values)
      }
      const [tiny, zero] = [Float32Array.of(1e-40, -1e-37, 3e-29, -1e-12, 0), new Float32Array(5)]
      const inputs = { a: [tiny, [5]], b: [zero, [5]] } as const
      const { values } = await run('wasm', 'AddAndFlush', inputs, {})
      expect(values).toEqual(Float32Array.of(0, 0, 0, -1e-12, 0))
    },
  )

  test('Tanh agrees with the cpu kernel, at any length', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 70 }),
        fc.double({ min: 0.01, max: 20, noNaN: true }),
        async (count, scale) => {
          const [values, shape] = random([count], 'x')
          await expectSameAsCpu('Tanh', { x: [values.map((value) => value * scale), shape] }, {})
        },
      ),
      RUNS,
    )
  })

  test('Tanh of NaN is NaN, and of infinity it is 1', async () => {
    const { values } = await run(
      'wasm',
      'Tanh',
      { x: [Float32Array.of(NaN, Infinity, -Infinity, 0, 1, 2, 3, 4, 5), [9]] },
      {},
    )
    expect(values[0]).toBeNaN()
    expect(values[1]).toBeCloseTo(1, 6)
    expect(values[2]).toBeCloseTo(-1, 6)
  })

  test('Sum agrees with the cpu kernel over any axes', async () => {
    const side = fc.integer({ min: 1, max: 9 })
    const axes = fc.constantFrom(
      [0],
      [0, 1],
      [1, 0],
      [0, 1, 2],
      [-4, 1],
      [3],
      [1],
      [0, 1, 2, 3],
      [1, 2],
    )
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(side, side, side, side),
        axes,
        fc.boolean(),
        async (x, axis, keepDims) => {
          const work = [
            'Sum',
            { x: random(x, 'x') },
            { axis: axis.map((one) => (one < 0 ? one + 4 : one)), keepDims },
          ] as const
          const [wasm, cpu] = [await run('wasm', ...work), await run('cpu', ...work)]
          expect(wasm.shape).toEqual(cpu.shape)
          expectClose(
            wasm.values,
            cpu.values,
            Math.sqrt(x.reduce((product, side) => product * side) / cpu.values.length),
          )
        },
      ),
      RUNS,
    )
  })

  test('other layouts than NHWC are refused in one line if TensorFlow.js has no kernel for them', async () => {
    await expect(
      run(
        'wasm',
        'Conv2DBackpropFilter',
        { x: random([1, 2, 5, 5], 'x'), dy: random([1, 4, 3, 3], 'dy') },
        { strides: [1, 1], pad: 'valid', dataFormat: 'NCHW', filterShape: [3, 3, 2, 4] },
      ),
    ).rejects.toThrow(/^Conv2DBackpropFilter on wasm: only NHWC and float32 are supported$/)
  })
})

describe.each(['relaxed', 'simd128'] as const)(
  "build %s, where TensorFlow.js's own kernels are wrong",
  (build) => {
    use(build)

    // TensorFlow.js's own kernels are wrong with `same` padding if the stride is larger than the
    // kernel, and with padding given as one number if the kernel or stride is not square.
    describe('Conv2D and FusedConv2D', () => {
      const attrs = ({ stride, pad }: Conv) => ({
        strides: stride,
        pad,
        dataFormat: 'NHWC',
        dilations: [1, 1],
      })
      const inputs = ({ x, filter }: Conv): Inputs => ({
        x: random(x, 'x'),
        filter: random(filter, 'filter'),
      })

      test.each(examples)('agree with the cpu kernels: %s', async (_name, example) => {
        await expectSameAsCpu('Conv2D', inputs(example), attrs(example))
      })

      test('agree with the cpu kernels on any shape, stride, padding, with or without a bias and relu', async () => {
        await fc.assert(
          fc.asyncProperty(
            convs,
            fc.constantFrom('linear', 'relu'),
            fc.boolean(),
            async (example, activation, biased) => {
              const bias = biased ? { bias: random([example.filter[3]], 'bias') } : {}
              await expectSameAsCpu(
                'FusedConv2D',
                { ...inputs(example), ...bias },
                { ...attrs(example), activation },
              )
            },
          ),
          RUNS,
        )
      })

      test('leave dilated kernels and other activations to TensorFlow.js', async () => {
        const example: Conv = {
          x: [2, 9, 9, 3],
          filter: [3, 3, 3, 5],
          stride: [1, 1],
          pad: 'valid',
        }
        await expectSameAsCpu('Conv2D', inputs(example), { ...attrs(example), dilations: [2, 2] })
        await expectSameAsCpu('FusedConv2D', inputs(example), {
          ...attrs(example),
          activation: 'sigmoid',
        })
      })
    })

    // TensorFlow.js's own kernel adds the bias only to the first row if an operand is transposed.
    test('products agree with the cpu kernels with a bias and an activation', async () => {
      const activations = fc.constantFrom('linear', 'relu')
      await fc.assert(
        fc.asyncProperty(
          side,
          side,
          side,
          fc.boolean(),
          fc.boolean(),
          activations,
          async (m, k, n, transposeA, transposeB, activation) => {
            const a = random(transposeA ? [1, k, m] : [1, m, k], 'a')
            const b = random(transposeB ? [1, n, k] : [1, k, n], 'b')
            await expectSameAsCpu(
              '_FusedMatMul',
              { a, b, bias: random([n], 'bias') },
              { transposeA, transposeB, activation },
            )
          },
        ),
        RUNS,
      )
    })
  },
)
