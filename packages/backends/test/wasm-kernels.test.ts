import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import { createStream, fillUniform } from '@mnist-lab/random'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { installWasmKernels } from '../src/tfjs/wasm-kernels.js'

type Shape4 = [number, number, number, number]
type Pad = 'same' | 'valid' | number

let undo: () => void
beforeAll(async () => {
  await tf.setBackend('wasm')
  undo = installWasmKernels()
})
afterAll(() => undo())

function random(shape: readonly number[], index: number): Float32Array {
  const values = new Float32Array(shape.reduce((a, b) => a * b))
  fillUniform(createStream(5, 'weights', index), values, -1, 1)
  return values
}

/** Runs one kernel on one backend; its inputs are given as values and shape. */
async function run(backend: string, kernel: string, inputs: Record<string, [Float32Array, number[]]>, attrs: object) {
  await tf.setBackend(backend)
  const tensors = Object.fromEntries(Object.entries(inputs).map(([name, [values, shape]]) =>
    [name, tf.engine().makeTensor(values.slice(), shape, 'float32') as tf.Tensor]))
  const output = tf.engine().runKernel(kernel, tensors, attrs as tf.NamedAttrMap) as tf.Tensor
  const result = { shape: output.shape, values: Float32Array.from(output.dataSync()) }
  tf.dispose([tensors, output])
  return result
}

async function expectSameAsCpu(...work: [kernel: string, inputs: Record<string, [Float32Array, number[]]>, attrs: object]) {
  const [wasm, cpu] = [await run('wasm', ...work), await run('cpu', ...work)]
  expect(wasm.shape).toEqual(cpu.shape)
  const scale = Math.max(...cpu.values.map(Math.abs))
  const difference = Math.max(...wasm.values.map((value, i) => Math.abs(value - cpu.values[i]!)))
  expect(difference).toBeLessThanOrEqual(1e-5 * scale)
}

describe.each(['Conv2DBackpropFilter', 'Conv2DBackpropInput'])('%s', (kernel) => {
  interface Case { x: Shape4, filter: Shape4, stride: [number, number], pad: Pad }

  function expectSameGradient({ x, filter, stride, pad }: Case): Promise<void> {
    const { outShape } = tf.backend_util.computeConv2DInfo(x, filter, stride, 1, pad)
    const attrs = { strides: stride, pad, dataFormat: 'NHWC', filterShape: filter, inputShape: x }
    return expectSameAsCpu(kernel, { x: [random(x, 0), x], filter: [random(filter, 2), filter], dy: [random(outShape, 1), outShape] }, attrs)
  }

  test.each<[string, Case]>([
    ['LeNet-5, first layer', { x: [4, 28, 28, 1], filter: [5, 5, 1, 6], stride: [1, 1], pad: 2 }],
    ['LeNet-5, second layer', { x: [4, 14, 14, 6], filter: [5, 5, 6, 16], stride: [1, 1], pad: 'valid' }],
    ['same padding, stride 2', { x: [2, 9, 8, 3], filter: [3, 3, 3, 5], stride: [2, 2], pad: 'same' }],
    ['valid, rows left unused by stride 3', { x: [2, 12, 11, 2], filter: [4, 3, 2, 3], stride: [3, 2], pad: 'valid' }],
    ['a kernel as large as the image', { x: [3, 5, 5, 4], filter: [5, 5, 4, 7], stride: [1, 1], pad: 'valid' }],
  ])('agrees with the cpu kernel: %s', (_name, example) => expectSameGradient(example))

  test('agrees with the cpu kernel on any shape, stride and padding', async () => {
    const side = fc.integer({ min: 1, max: 5 })
    const stride = fc.integer({ min: 1, max: 3 })
    await fc.assert(fc.asyncProperty(
      fc.tuple(side, fc.integer({ min: 5, max: 9 }), fc.integer({ min: 5, max: 9 }), side), fc.tuple(side, side, side),
      fc.tuple(stride, stride), fc.constantFrom<Pad[]>('same', 'valid', 1, 2),
      (x, [height, width, out], strides, pad) => expectSameGradient({ x, filter: [height, width, x[3], out], stride: strides, pad })),
    { numRuns: 60 })
  })
})

describe('MaxPoolGrad', () => {
  function expectSameGradient(x: Shape4, size: number, stride: number, pad: Pad, values: Float32Array): Promise<void> {
    const { outShape } = tf.backend_util.computePool2DInfo(x, size, stride, 1, pad)
    // The kernels look at the input alone; `output` only has to have the shape.
    return expectSameAsCpu('MaxPoolGrad',
      { input: [values, x], output: [random(outShape, 2), outShape], dy: [random(outShape, 1), outShape] },
      { filterSize: [size, size], strides: [stride, stride], pad })
  }

  test('agrees with the cpu kernel where every value is negative', async () => {
    const values = random([2, 6, 6, 3], 0).map((value) => value - 2)
    await expectSameGradient([2, 6, 6, 3], 2, 2, 'valid', values)
  })

  test('gives the gradient of equals to the first of them', async () => {
    const { values } = await run('wasm', 'MaxPoolGrad',
      { input: [Float32Array.of(0, 3, 3, 3), [1, 2, 2, 1]], output: [Float32Array.of(3), [1, 1, 1, 1]], dy: [Float32Array.of(5), [1, 1, 1, 1]] },
      { filterSize: [2, 2], strides: [2, 2], pad: 'valid' })
    expect([...values]).toEqual([0, 5, 0, 0])
  })

  test('agrees with the cpu kernel on any shape, stride and padding', async () => {
    const side = fc.integer({ min: 4, max: 8 })
    await fc.assert(fc.asyncProperty(
      fc.tuple(fc.integer({ min: 1, max: 3 }), side, side, fc.integer({ min: 1, max: 5 })),
      fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }), fc.constantFrom<Pad[]>('same', 'valid'),
      (x, size, stride, pad) => expectSameGradient(x, size, stride, pad, random(x, 0))),
    { numRuns: 60 })
  })
})

test('the kernels leave no tensor behind', async () => {
  const held = () => [tf.memory().numTensors, tf.memory().numBytes, (tf.backend() as tf.KernelBackend & { numDataIds(): number }).numDataIds()]
  await tf.setBackend('wasm')
  const before = held()
  const x: Shape4 = [2, 8, 8, 3]
  await run('wasm', 'Conv2DBackpropFilter', { x: [random(x, 0), x], dy: [random([2, 4, 4, 5], 1), [2, 4, 4, 5]] },
    { strides: [2, 2], pad: 'same', dataFormat: 'NHWC', filterShape: [3, 3, 3, 5] })
  const pooled: Shape4 = [2, 4, 4, 3]
  await run('wasm', 'MaxPoolGrad', { input: [random(x, 0), x], output: [random(pooled, 1), pooled], dy: [random(pooled, 2), pooled] },
    { filterSize: [2, 2], strides: [2, 2], pad: 'valid' })
  expect(held()).toEqual(before)
})

test('undoing the installation gives the kernels of upstream back', async () => {
  const ours = tf.getKernel('MaxPoolGrad', 'wasm')
  undo()
  expect(tf.getKernel('Conv2DBackpropFilter', 'wasm')).toBeUndefined()
  expect(tf.getKernel('MaxPoolGrad', 'wasm')).not.toBe(ours)
  undo = installWasmKernels()
  expect(tf.getKernel('MaxPoolGrad', 'wasm')).toBe(ours)
})
