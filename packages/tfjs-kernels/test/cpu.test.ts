// Every training kernel is compared with the kernel of TensorFlow.js that it replaces.
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { createStream, fillUniform } from '@mnist-lab/core'
import * as layers from '@tensorflow/tfjs-layers'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { installTrainingKernels } from '../src/cpu/index.js'

type Shape4 = [number, number, number, number]
type Pad = tf.Conv2DAttrs['pad']
type Value = readonly [values: tf.TypedArray, shape: readonly number[]]

/** Records the calls of TensorFlow.js's own kernels. */
let engineCalls = 0

beforeAll(async () => {
  await tf.setBackend('cpu')
  // Otherwise the backend prints an advertisement.
  Object.assign(tf.backend(), { firstUse: false })
  for (const config of tf.getKernelsForBackend('cpu')) {
    tf.unregisterKernel(config.kernelName, 'cpu')
    tf.registerKernel({
      ...config,
      kernelFunc(call) {
        engineCalls++
        return config.kernelFunc(call)
      },
    })
  }
})

function random(shape: readonly number[], index = 0): Value {
  const values = new Float32Array(shape.reduce((a, b) => a * b, 1))
  fillUniform(createStream(5, 'weights', index), values, -1, 1)
  return [values, shape]
}

function run(kernel: string, inputs: Readonly<Record<string, Value>>, attrs: object) {
  const tensors = Object.fromEntries(
    Object.entries(inputs).map(([name, [values, shape]]) => [
      name,
      tf
        .engine()
        .makeTensor(
          values.slice(),
          [...shape],
          values instanceof Int32Array ? 'int32' : 'float32',
        ) as tf.Tensor,
    ]),
  )
  const output = tf.engine().runKernel(kernel, tensors, attrs as tf.NamedAttrMap) as tf.Tensor
  const { shape, dtype } = output
  const values = output.dataSync().slice()
  tf.dispose([tensors, output])
  return { shape, dtype, values }
}

/** Runs TensorFlow.js's own kernel and the training kernel. */
function expectSame(by: 'pack' | 'engine', ...work: Parameters<typeof run>): void {
  const theirs = run(...work)
  const undo = installTrainingKernels(tf)
  engineCalls = 0
  const ours = run(...work)
  undo()
  expect(engineCalls > 0 ? 'engine' : 'pack').toBe(by)
  expect({ shape: ours.shape, dtype: ours.dtype }).toEqual({
    shape: theirs.shape,
    dtype: theirs.dtype,
  })
  const tolerance = 1e-5 * Math.max(1, ...theirs.values.filter(Number.isFinite).map(Math.abs))
  const wrong = ours.values.findIndex(
    (value, i) =>
      !Object.is(value, theirs.values[i]) && !(Math.abs(value - theirs.values[i]!) <= tolerance),
  )
  expect(
    wrong < 0 ? 'same' : `[${wrong}] ${ours.values[wrong]} instead of ${theirs.values[wrong]}`,
  ).toBe('same')
}

const between = (min: number, max: number) => fc.integer({ min, max })
const pads: fc.Arbitrary<[Pad, tf.Conv2DAttrs['dimRoundingMode']]> = fc.oneof(
  fc.tuple(fc.constantFrom<Pad[]>('same', 'valid'), fc.constant(undefined)),
  fc.tuple(
    fc.oneof(
      between(0, 2),
      fc
        .tuple(between(0, 2), between(0, 2), between(0, 2), between(0, 2))
        .map(([top, bottom, left, right]): Pad => [
          [0, 0],
          [top, bottom],
          [left, right],
          [0, 0],
        ]),
    ),
    fc.constantFrom('floor' as const, 'round' as const, 'ceil' as const),
  ),
)

describe('convolutions', () => {
  const cases = fc
    .record({
      x: fc.tuple(between(1, 3), between(1, 9), between(1, 9), between(1, 5)),
      filter: fc.tuple(between(1, 5), between(1, 5), between(1, 9)),
      strides: fc.tuple(between(1, 3), between(1, 3)),
      padding: pads,
      activation: fc.constantFrom('linear', 'relu'),
      biased: fc.boolean(),
    })
    .map(
      ({ x, filter: [height, width, out], strides, padding: [pad, dimRoundingMode], ...rest }) => {
        const filter: Shape4 = [height, width, x[3], out]
        const info = tf.backend_util.computeConv2DInfo(x, filter, strides, 1, pad, dimRoundingMode)
        return {
          x,
          filter,
          y: info.outShape,
          attrs: { strides, pad, dimRoundingMode, dataFormat: 'NHWC' },
          ...rest,
        }
      },
    )
    .filter(({ y }) => y[1] > 0 && y[2] > 0)

  test('agree in the forward pass, also fused with a bias and an activation', () => {
    fc.assert(
      fc.property(cases, ({ x, filter, attrs, activation, biased }) => {
        const inputs = { x: random(x), filter: random(filter, 1) }
        expectSame('pack', 'Conv2D', inputs, { ...attrs, dilations: [1, 1] })
        expectSame(
          'pack',
          'FusedConv2D',
          { ...inputs, ...(biased ? { bias: random([filter[3]], 2) } : {}) },
          { ...attrs, dilations: 1, activation },
        )
      }),
    )
  })

  test('agree in the gradients of the filter and of the image', () => {
    fc.assert(
      fc.property(cases, ({ x, filter, y, attrs }) => {
        expectSame(
          'pack',
          'Conv2DBackpropFilter',
          { x: random(x), dy: random(y, 1) },
          { ...attrs, filterShape: filter },
        )
        expectSame(
          'pack',
          'Conv2DBackpropInput',
          { dy: random(y, 1), filter: random(filter) },
          { ...attrs, inputShape: x },
        )
      }),
    )
  })

  test('agree for an image whose patches do not fit into one chunk', () => {
    const [x, filter, y]: Shape4[] = [
      [2, 40, 30, 9],
      [3, 3, 9, 5],
      [2, 40, 30, 5],
    ]
    const attrs = { strides: [1, 1], pad: 'same', dataFormat: 'NHWC' }
    expectSame(
      'pack',
      'Conv2D',
      { x: random(x!), filter: random(filter!, 1) },
      { ...attrs, dilations: [1, 1] },
    )
    expectSame(
      'pack',
      'Conv2DBackpropFilter',
      { x: random(x!), dy: random(y!, 1) },
      { ...attrs, filterShape: filter },
    )
    expectSame(
      'pack',
      'Conv2DBackpropInput',
      { dy: random(y!, 1), filter: random(filter!) },
      { ...attrs, inputShape: x },
    )
  })

  test('leave other layouts, dilation, other activations and other biases to TensorFlow.js', () => {
    const attrs = {
      strides: [1, 1],
      pad: 'valid',
      dataFormat: 'NHWC',
      dilations: [1, 1],
      activation: 'linear',
    }
    const inputs = { x: random([2, 6, 7, 3]), filter: random([3, 3, 3, 4], 1) }
    expectSame(
      'engine',
      'Conv2D',
      { ...inputs, x: random([2, 3, 6, 7]) },
      { ...attrs, dataFormat: 'NCHW' },
    )
    expectSame('engine', 'Conv2D', inputs, { ...attrs, dilations: [2, 1] })
    expectSame(
      'engine',
      'FusedConv2D',
      { ...inputs, bias: random([4], 2) },
      { ...attrs, activation: 'elu' },
    )
    expectSame('engine', 'FusedConv2D', { ...inputs, bias: random([1], 2) }, attrs)
    expectSame('engine', 'FusedConv2D', { ...inputs, bias: random([4, 1, 1], 2) }, attrs)
    expectSame(
      'engine',
      'Conv2DBackpropFilter',
      { x: random([2, 3, 6, 7]), dy: random([2, 4, 5, 5]) },
      { ...attrs, dataFormat: 'NCHW', filterShape: [2, 3, 3, 4] },
    )
  })
})

describe('matrix products', () => {
  const cases = fc.record({
    outer: fc.array(between(1, 3), { maxLength: 2 }),
    single: fc.constantFrom('a', 'b', 'neither'),
    sides: fc.tuple(between(1, 11), between(1, 11), between(1, 11)),
    transposeA: fc.boolean(),
    transposeB: fc.boolean(),
    activation: fc.constantFrom('linear', 'relu'),
    biased: fc.boolean(),
  })

  test('agree with any operand transposed, batched or not, fused or not', () => {
    fc.assert(
      fc.property(
        cases,
        ({
          outer,
          single,
          sides: [rows, inner, columns],
          transposeA,
          transposeB,
          activation,
          biased,
        }) => {
          const shape = (name: string, sides: number[]) => [
            ...(single === name ? outer.map(() => 1) : outer),
            ...sides,
          ]
          const inputs = {
            a: random(shape('a', transposeA ? [inner, rows] : [rows, inner])),
            b: random(shape('b', transposeB ? [columns, inner] : [inner, columns]), 1),
          }
          expectSame('pack', 'BatchMatMul', inputs, { transposeA, transposeB })
          expectSame(
            'pack',
            '_FusedMatMul',
            { ...inputs, ...(biased ? { bias: random([columns], 2) } : {}) },
            { transposeA, transposeB, activation },
          )
        },
      ),
    )
  })

  test('leave broadcast batches, other types and other activations to TensorFlow.js', () => {
    const attrs = { transposeA: false, transposeB: false, activation: 'linear' }
    expectSame(
      'engine',
      'BatchMatMul',
      { a: random([2, 1, 4, 5]), b: random([1, 3, 5, 2], 1) },
      attrs,
    )
    expectSame(
      'engine',
      'BatchMatMul',
      { a: [Int32Array.of(1, 2), [1, 2]], b: [Int32Array.of(3, 4), [2, 1]] },
      attrs,
    )
    expectSame(
      'engine',
      '_FusedMatMul',
      { a: random([4, 5]), b: random([5, 2], 1) },
      { ...attrs, activation: 'sigmoid' },
    )
    expectSame(
      'engine',
      '_FusedMatMul',
      { a: random([4, 5]), b: random([5, 4], 1), bias: random([4, 1], 2) },
      attrs,
    )
  })
})

describe('pooling', () => {
  const cases = fc
    .record({
      x: fc.tuple(between(1, 3), between(1, 8), between(1, 8), between(1, 5)),
      filterSize: fc.tuple(between(1, 4), between(1, 4)),
      strides: fc.tuple(between(1, 3), between(1, 3)),
      padding: pads,
    })
    .map(({ x, filterSize, strides, padding: [pad, dimRoundingMode] }) => {
      const y = tf.backend_util.computePool2DInfo(
        x,
        filterSize,
        strides,
        1,
        pad,
        dimRoundingMode,
      ).outShape
      const plain = tf.backend_util.computePool2DInfo(x, filterSize, strides, 1, pad).outShape
      return { x, y, plain, attrs: { filterSize, strides, pad, dimRoundingMode } }
    })
    .filter(({ y, plain }) => y[1] > 0 && y[2] > 0 && plain[1] > 0 && plain[2] > 0)

  test('agrees in the forward pass', () => {
    fc.assert(
      fc.property(cases, ({ x, attrs }) => {
        const by = String(attrs.filterSize) === '1,1' ? 'engine' : 'pack'
        expectSame(by, 'AvgPool', { x: random(x) }, attrs)
        expectSame(by, 'MaxPool', { x: random(x) }, attrs)
      }),
    )
  })

  test('agrees in the gradients, also if several pixels of a window are the largest', () => {
    fc.assert(
      fc.property(cases, ({ x, y, plain, attrs: { dimRoundingMode, ...attrs } }) => {
        const [values] = random(x)
        const input: Value = [values.map((value) => Math.round(value * 2)), x]
        expectSame('pack', 'AvgPoolGrad', { input, dy: random(plain, 1) }, attrs)
        expectSame(
          'pack',
          'MaxPoolGrad',
          { input, output: random(y, 2), dy: random(y, 1) },
          { ...attrs, dimRoundingMode },
        )
      }),
    )
  })

  test('gives the gradient to the first of equal pixels, and to none in a window without a number', () => {
    const attrs = { filterSize: [2, 2], strides: [2, 2], pad: 'valid' }
    const one = (...values: number[]): Value => [
      Float32Array.from(values),
      [1, values.length / 2, 2, 1],
    ]
    const dy: Value = [Float32Array.of(5), [1, 1, 1, 1]]
    const undo = installTrainingKernels(tf)
    expect([
      ...run('MaxPoolGrad', { input: one(0, 3, 3, 3), output: dy, dy }, attrs).values,
    ]).toEqual([0, 5, 0, 0])
    undo()
    expectSame('pack', 'MaxPoolGrad', { input: one(NaN, NaN, NaN, NaN), output: dy, dy }, attrs)
    expectSame('pack', 'MaxPool', { x: one(NaN, 1, NaN, 2) }, attrs)
  })
})

describe('elementwise kernels', () => {
  const shapes = fc
    .array(between(1, 4), { minLength: 1, maxLength: 4 })
    .chain((large) =>
      fc
        .tuple(fc.constant(large), between(0, large.length), between(0, 4))
        .map(([, from, ones]): [number[], number[]] => [
          large,
          [...Array.from({ length: Math.min(ones, from) }, () => 1), ...large.slice(from)],
        ]),
    )

  test.each(['Add', 'Sub', 'Multiply', 'RealDiv'])(
    '%s, of equal shapes, with a number or with a row',
    (kernel) => {
      fc.assert(
        fc.property(shapes, fc.boolean(), ([large, small], turned) => {
          const [a, b] = turned ? [small, large] : [large, small]
          expectSame('pack', kernel, { a: random(a), b: random(b, 1) }, {})
        }),
      )
    },
  )

  test('leave other broadcasts and other types to TensorFlow.js', () => {
    expectSame('engine', 'Add', { a: random([2, 3]), b: random([2, 1], 1) }, {})
    expectSame('engine', 'Sub', { a: random([2, 1]), b: random([1, 3], 1) }, {})
    expectSame(
      'engine',
      'Multiply',
      { a: [Int32Array.of(1, 2), [2]], b: [Int32Array.of(3, 4), [2]] },
      {},
    )
  })

  const odd: Value = [Float32Array.of(-2, -0, 0, 1, 1e-30, NaN, Infinity, -Infinity), [8]]
  test.each<[string, object]>([
    ['Relu', {}],
    ['Step', { alpha: 0 }],
    ['Step', { alpha: 0.25 }],
    ['Tanh', {}],
  ])('%s', (kernel, attrs) => {
    expectSame('pack', kernel, { x: odd }, attrs)
    expectSame('pack', kernel, { x: random([3, 5], 4) }, attrs)
  })

  test('compute tanh to the last bits of float32, also for small numbers', () => {
    const x = Float32Array.from(
      { length: 4001 },
      (_, i) => Math.sign(i - 2000) * 10 ** ((Math.abs(i - 2000) - 1800) / 200),
    )
    const undo = installTrainingKernels(tf)
    const { values } = run('Tanh', { x: [x, [4001]] }, {})
    undo()
    const errors = Array.from(values, (y, i) =>
      x[i] === 0 ? Math.abs(y) : Math.abs(y / Math.tanh(x[i]!) - 1),
    )
    expect(Math.max(...errors)).toBeLessThan(4e-7)
  })
})

test('AddAndFlush is the sum, and 0 where the sum is nearly a denormal number', () => {
  const undo = installTrainingKernels(tf)
  const [a, b] = [random([3, 5], 1), random([3, 5], 2)]
  const { shape, values } = run('AddAndFlush', { a, b }, {})
  expect(shape).toEqual([3, 5])
  expect(values).toEqual(run('Add', { a, b }, {}).values)
  const tiny: Value = [Float32Array.of(1e-40, -1e-37, 3e-29, -1e-12, 0), [5]]
  const zero: Value = [new Float32Array(5), [5]]
  const flushed = run('AddAndFlush', { a: tiny, b: zero }, {}).values
  undo()
  expect(flushed).toEqual(Float32Array.of(0, 0, 0, -1e-12, 0))
})

describe('sums and transposition', () => {
  const shapes = fc.array(between(1, 4), { minLength: 1, maxLength: 4 })

  test('sum over any neighbouring axes, and leave other axes to TensorFlow.js', () => {
    fc.assert(
      fc.property(
        shapes.chain((shape) =>
          fc.tuple(
            fc.constant(shape),
            fc.shuffledSubarray(
              shape.map((_, axis) => axis),
              { minLength: 1 },
            ),
          ),
        ),
        fc.boolean(),
        ([shape, axis], keepDims) => {
          const neighbours = Math.max(...axis) - Math.min(...axis) === axis.length - 1
          expectSame(
            neighbours ? 'pack' : 'engine',
            'Sum',
            { x: random(shape) },
            { axis, keepDims },
          )
        },
      ),
    )
  })

  test('take an axis counted from the end, a single axis, and no axis', () => {
    expectSame('pack', 'Sum', { x: random([2, 3, 4]) }, { axis: [-3, -2], keepDims: false })
    expectSame('pack', 'Sum', { x: random([2, 3, 4]) }, { axis: 0, keepDims: false })
    expectSame('engine', 'Sum', { x: random([2, 3, 4]) }, { axis: [], keepDims: false })
    expectSame('engine', 'Sum', { x: [Int32Array.of(1, 2), [2]] }, { axis: 0, keepDims: false })
  })

  test('transpose axes into any order', () => {
    fc.assert(
      fc.property(
        shapes.chain((shape) =>
          fc.tuple(
            fc.constant(shape),
            fc.shuffledSubarray(
              shape.map((_, axis) => axis),
              { minLength: shape.length },
            ),
          ),
        ),
        ([shape, perm]) => expectSame('pack', 'Transpose', { x: random(shape) }, { perm }),
      ),
    )
  })
})

describe('the installation', () => {
  test('leaves no tensor behind', () => {
    const held = () => [
      tf.memory().numTensors,
      (tf.backend() as tf.KernelBackend & { numDataIds(): number }).numDataIds(),
    ]
    const before = held()
    expectSame(
      'pack',
      'FusedConv2D',
      { x: random([2, 6, 7, 3]), filter: random([2, 3, 3, 4], 1), bias: random([4], 2) },
      { strides: [1, 1], pad: 'valid', dataFormat: 'NHWC', dilations: [1, 1], activation: 'relu' },
    )
    expect(held()).toEqual(before)
  })

  test('is undone once, and leaves kernels that others have installed since', () => {
    const kernels = () =>
      new Map(tf.getKernelsForBackend('cpu').map((config) => [config.kernelName, config]))
    const before = kernels()
    const undo = installTrainingKernels(tf)
    expect(kernels().get('Conv2D')).not.toBe(before.get('Conv2D'))
    undo()
    undo()
    expect(kernels()).toEqual(before)
    expect([...before].every(([name, config]) => kernels().get(name) === config)).toBe(true)

    const again = installTrainingKernels(tf)
    const other = { ...before.get('Tanh')! }
    tf.unregisterKernel('Tanh', 'cpu')
    tf.registerKernel(other)
    again()
    expect(tf.getKernel('Tanh', 'cpu')).toBe(other)
    tf.unregisterKernel('Tanh', 'cpu')
    tf.registerKernel(before.get('Tanh')!)
  })

  test('works in a bundle that lacks some kernels, but not without the backend', () => {
    const without = (names: (name: string) => boolean) => ({
      ...tf,
      getKernel: (name: string, backend: string) =>
        names(name) ? undefined! : tf.getKernel(name, backend),
    })
    installTrainingKernels(without((name) => name === 'AvgPool'))()
    expect(() => installTrainingKernels(without(() => true))).toThrow(
      'import @tensorflow/tfjs-backend-cpu first',
    )
  })
})

test('a model of tf.layers trains as it does without the training kernels', async () => {
  const { conv2d, maxPooling2d, averagePooling2d, flatten, dense } = layers.layers
  const losses = async () => {
    const start = (seed: number) => layers.initializers.glorotUniform({ seed })
    const model = layers.sequential({
      layers: [
        conv2d({
          inputShape: [12, 12, 1],
          filters: 6,
          kernelSize: 3,
          padding: 'same',
          activation: 'relu',
          kernelInitializer: start(1),
        }),
        maxPooling2d({ poolSize: 2 }),
        conv2d({
          filters: 7,
          kernelSize: 3,
          strides: 2,
          activation: 'tanh',
          kernelInitializer: start(2),
        }),
        averagePooling2d({ poolSize: 2, strides: 1 }),
        flatten(),
        dense({ units: 11, activation: 'relu', kernelInitializer: start(3) }),
        dense({ units: 3, activation: 'softmax', kernelInitializer: start(4) }),
      ],
    })
    model.compile({ optimizer: tf.train.adam(0.01), loss: 'categoricalCrossentropy' })
    const x = tf.tensor(random([8, 12, 12, 1])[0], [8, 12, 12, 1])
    const y = tf.oneHot(
      tf.tensor1d(
        Int32Array.from({ length: 8 }, (_, i) => i % 3),
        'int32',
      ),
      3,
    )
    const values: number[] = []
    for (let step = 0; step < 6; step++) values.push((await model.trainOnBatch(x, y)) as number)
    return values
  }
  const theirs = await losses()
  const undo = installTrainingKernels(tf)
  const ours = await losses()
  undo()
  expect(theirs[5]).toBeLessThan(theirs[0]! - 0.1)
  for (const [step, loss] of ours.entries())
    expect(Math.abs(loss - theirs[step]!)).toBeLessThan(1e-4)
})
