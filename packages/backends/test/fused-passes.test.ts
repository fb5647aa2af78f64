import { COMMAND_WORDS, NO_OPERAND, OPERATION_NAMES, type Command } from '@mnist-lab/kernels'
import {
  customMlp,
  inferShapes,
  lenet5,
  lenet5Regularized,
  type Layer,
  type ModelSpec,
} from '@mnist-lab/models'
import { describe, expect, test } from 'vitest'
import { Allocator, type Buffer } from '../src/fused/memory.js'
import { chooseKernels } from '../src/fused/passes/choose-kernels.js'
import { emit } from '../src/fused/passes/emit.js'
import { fuse } from '../src/fused/passes/fuse.js'
import { lower, type Operation } from '../src/fused/passes/lower.js'
import { planMemory } from '../src/fused/passes/plan-memory.js'
import { everyLayer } from '../src/testing/samples.js'

/**
 * Returns a model of these layers. Its final flatten turns the last output into classes and is no
 * operation.
 */
function model(
  layers: readonly Layer[],
  inputShape: ModelSpec['inputShape'] = [12, 12, 1],
): ModelSpec {
  const isFlat = layers.some(({ type }) => type === 'flatten')
  return { name: 'made', inputShape, layers: isFlat ? layers : [...layers, { type: 'flatten' }] }
}

const conv = (filters: number, kernelSize = 5): Layer => ({
  type: 'conv2d',
  filters,
  kernelSize,
  padding: 'same',
})
const [tanh, relu, flatten]: [Layer, Layer, Layer] = [
  { type: 'tanh' },
  { type: 'relu' },
  { type: 'flatten' },
]
const dense = (units: number): Layer => ({ type: 'dense', units })
const avgPool: Layer = { type: 'avgPool2d', poolSize: 2 }
const maxPool: Layer = { type: 'maxPool2d', poolSize: 2 }
const blocks = { size: 8, count: 4, threads: 2 }

const choose = (spec: ModelSpec, convolutions: 'winograd' | 'direct' = 'winograd') =>
  chooseKernels(fuse(lower(spec)), { convolutions })
const plan = (spec: ModelSpec, own = blocks) => planMemory(choose(spec), own)
const names = (commands: readonly Command[]) => commands.map(([first]) => OPERATION_NAMES[first!])

/** Returns the type of an operation, or which activation function it is. */
const nameOf = (operation: Operation) =>
  operation.type === 'activation' ? operation.activation : operation.type

describe('lower', () => {
  test('turns every layer that computes something into operations, with the bias as one of its own', () => {
    const { input, operations } = lower(everyLayer)
    expect(operations.map(nameOf)).toEqual(
      everyLayer.layers.flatMap(({ type }) =>
        type === 'conv2d' || type === 'dense'
          ? [type, 'bias']
          : type === 'flatten' || type === 'softmax'
            ? []
            : [type],
      ),
    )
    // Each operation reads the output of the one before it.
    let last = input
    for (const operation of operations) {
      expect(operation.input).toBe(last)
      last = operation.output
    }
    expect(operations[0]!.layer).toBe('conv2d_1')
  })

  test('gives tensors the shapes of the layers, with features as the channels of one pixel', () => {
    const spec = lenet5()
    const { operations } = lower(spec)
    const shapes = new Map(
      operations.map(({ layer, output: { height, width, channels } }) => [
        layer,
        [height, width, channels],
      ]),
    )
    for (const { name, outputShape } of inferShapes(spec)) {
      if (!shapes.has(name)) continue
      expect(shapes.get(name)).toEqual(
        outputShape.length === 1 ? [1, 1, outputShape[0]] : outputShape,
      )
    }
  })

  test('leaves out dropout of rate 0, and keeps the layer index of other dropouts', () => {
    const spec = model([
      flatten,
      { type: 'dropout', rate: 0 },
      { type: 'dropout', rate: 0.5 },
      dense(3),
    ])
    const dropouts = lower(spec).operations.filter(({ type }) => type === 'dropout')
    expect(dropouts).toEqual([expect.objectContaining({ rate: 0.5, index: 2 })])
  })

  test('marks the tensors after the first parameters, because the backward pass needs their gradients', () => {
    const { input, operations } = lower(model([avgPool, tanh, conv(2), tanh, flatten, dense(3)]))
    expect(input.needsGradient).toBe(false)
    expect(operations.map((one) => [nameOf(one), one.output.needsGradient])).toEqual([
      ['avgPool2d', false],
      ['tanh', false],
      ['conv2d', true],
      ['bias', true],
      ['tanh', true],
      ['dense', true],
      ['bias', true],
    ])
  })
})

describe('fuse', () => {
  const types = (layers: readonly Layer[], inputShape?: ModelSpec['inputShape']) =>
    fuse(lower(model(layers, inputShape))).operations.map(nameOf)

  test('joins a bias with its product', () => {
    const { operations } = fuse(lower(model([conv(2), flatten, dense(3)])))
    expect(operations).toMatchObject([
      { type: 'conv2d', addsBias: true },
      { type: 'dense', addsBias: true },
    ])
    expect(operations[1]!.input).toBe(operations[0]!.output)
  })

  test('joins tanh with the average pooling that covers its output', () => {
    const { operations } = fuse(lower(model([conv(2), tanh, avgPool])))
    expect(operations.map(({ type }) => type)).toEqual(['conv2d', 'tanhAvgPool2d'])
    expect(operations[1]).toMatchObject({
      layer: 'tanh_1 + avg_pool2d_1',
      input: { height: 12 },
      output: { height: 6 },
    })
  })

  test.each([
    ['windows overlap', [conv(2), tanh, { type: 'avgPool2d', poolSize: 2, stride: 1 }]],
    ['windows are of another size', [conv(2), tanh, { type: 'avgPool2d', poolSize: 3 }]],
    ['the largest is wanted', [conv(2), tanh, maxPool]],
    ['relu is before it', [conv(2), relu, avgPool]],
    ['dropout is between', [conv(2), tanh, { type: 'dropout', rate: 0.5 }, avgPool]],
    ['tanh overwrites what another function needs', [conv(2), relu, tanh, avgPool]],
  ] as [string, Layer[]][])('leaves both apart where %s', (_, layers) => {
    expect(types(layers)).not.toContain('tanhAvgPool2d')
  })

  test('does not join them if the windows do not cover the input', () => {
    expect(types([tanh, avgPool], [11, 12, 1])).toEqual(['tanh', 'avgPool2d'])
  })
})

describe('choose kernels', () => {
  const kernels = (spec: ModelSpec, convolutions?: 'direct') =>
    choose(spec, convolutions).operations.map(({ kernel, reason }) => [kernel, reason])

  test('computes 5 × 5 convolutions with stride 1 with Winograd’s method', () => {
    expect(kernels(model([conv(2)]))).toEqual([
      ['winograd', expect.stringContaining('576 products')],
    ])
  })

  test.each([
    ['the options ask for direct sums', conv(2), 'direct'],
    ['this one is 3 × 3 with stride 1 × 1', conv(2, 3), undefined],
    ['this one is 5 × 5 with stride 2 × 2', { ...conv(2), stride: 2 }, undefined],
  ] as [string, Layer, 'direct' | undefined][])(
    'sums directly because %s',
    (reason, layer, asked) => {
      expect(kernels(model([layer]), asked)).toEqual([['direct', expect.stringContaining(reason)]])
    },
  )

  test('sums directly if the outputs fill too little of their tiles', () => {
    const found = kernels(model([conv(2)], [5, 1, 1]))
    expect(found).toEqual([['direct', expect.stringContaining('5 × 1 outputs fill too little')]])
  })

  test('sums the forward pass directly before relu or max pooling, which can switch on the last bits', () => {
    for (const layers of [
      [conv(2), relu],
      [conv(2), tanh, maxPool],
    ])
      expect(kernels(model(layers))[0]).toEqual([
        'winograd-gradients',
        expect.stringMatching(
          /because (relu_1|max_pool2d_1) can switch on a difference in the last bits/,
        ),
      ])
    // A relu after the next layer with parameters only concerns that layer.
    expect(kernels(model([conv(2), tanh, conv(2), relu]))[0]![0]).toBe('winograd')
  })

  test('skips the background in a dense layer that reads images of one channel', () => {
    expect(kernels(customMlp())[0]).toEqual(['sparse', expect.stringContaining('background')])
    expect(kernels(model([flatten, dense(3)], [4, 4, 3]))[0]).toEqual([
      'direct',
      'the images have 3 channels',
    ])
    expect(kernels(model([tanh, flatten, dense(3)]))[1]![0]).toBe('direct')
  })

  test('copies the input of an activation function that follows another one', () => {
    const spec = model([flatten, dense(3), tanh, relu])
    expect(kernels(spec).map(([kernel]) => kernel)).toEqual(['sparse', 'in-place', 'copied'])
  })

  test('gives a reason for every choice', () => {
    for (const spec of [lenet5(), customMlp(), lenet5Regularized(), everyLayer])
      for (const [, reason] of kernels(spec)) expect(reason!.length).toBeGreaterThan(10)
  })
})

describe('plan memory', () => {
  const find = (buffers: readonly Buffer[], name: string, role: Buffer['role']) => {
    const found = buffers.filter((buffer) => buffer.name === name && buffer.role === role)
    expect(found, `${name}, ${role}`).toHaveLength(1)
    return found[0]!
  }

  test('gives every buffer its own whole cache lines', () => {
    for (const spec of [lenet5(), customMlp(), lenet5Regularized(), everyLayer]) {
      const { memory } = plan(spec)
      let end = 0
      for (const { name, address, stride, count, bytes } of memory.buffers) {
        expect(address % 64, name).toBe(0)
        expect(address, name).toBeGreaterThanOrEqual(end)
        expect(bytes, name).toBeGreaterThanOrEqual(stride * count)
        end = address + bytes
      }
      expect(memory.bytes).toBe(end)
    }
  })

  test('keeps what the optimizer step reads for every block, and everything else for every thread', () => {
    const { memory } = plan(model([conv(2), tanh, conv(3, 3), tanh, avgPool, flatten, dense(4)]))
    const scope = (name: string, role: Buffer['role']) => find(memory.buffers, name, role).scope
    // Winograd's update reads its own sums. The direct convolution reads the output that tanh wrote
    // over its input.
    expect(scope('images', 'activation')).toBe('thread')
    expect(scope('conv2d_1', 'activation')).toBe('block')
    expect(scope('conv2d_1', 'gradient')).toBe('thread')
    expect(scope('conv2d_1, gradient sums', 'scratch')).toBe('chunk')
    expect(scope('conv2d_2', 'activation')).toBe('thread')
    expect(scope('conv2d_2', 'gradient')).toBe('block')
    expect(scope('tanh_2 + avg_pool2d_1', 'activation')).toBe('block')
    expect(scope('dense_1', 'gradient')).toBe('block')
  })

  test('writes the output of tanh and relu over their input', () => {
    const { operations } = plan(model([flatten, dense(3), tanh, relu]))
    const [, first, second] = operations
    expect(first!.y).toBe(first!.x)
    expect(second!.y).not.toBe(second!.x)
    // The backward pass changes a gradient in place.
    expect(second!.y.gradient).toEqual(second!.x.gradient)
  })

  test('surrounds an image with the zeros that the next convolution reads', () => {
    const { operations, input } = plan(model([conv(2), tanh, conv(3, 3), flatten, dense(2)]))
    // Winograd's tiles of 12 outputs read 16 inputs, and a 3 × 3 kernel reads one more pixel on
    // each side.
    expect([input.rowStride, input.channelStride]).toEqual([16 * 32, 16 * 16 * 32])
    expect(input.inner.address - input.origin.address).toBe(2 * 16 * 32 + 2 * 32)
    expect(operations[0]!.y.rowStride).toBe(14 * 32)
    expect(operations[2]!.y.rowStride).toBe(12 * 32)
  })

  test('has no gradient before the first parameters', () => {
    const { input, operations } = plan(model([avgPool, flatten, dense(3)]))
    expect(input.gradient).toBe(NO_OPERAND)
    expect(operations[0]!.y.gradient).toBe(NO_OPERAND)
    expect(operations[1]!.y.gradient.address).toBeGreaterThan(0)
  })

  test('needs no more memory for single blocks when the batch grows', () => {
    const bytes = (count: number) => {
      const { buffers } = plan(lenet5(), { ...blocks, count }).memory
      return buffers.reduce((sum, { scope, bytes: own }) => sum + (scope === 'thread' ? own : 0), 0)
    }
    expect(bytes(100)).toBe(bytes(4))
    const chunks = (count: number) =>
      find(
        plan(lenet5(), { ...blocks, count }).memory.buffers,
        'conv2d_1, gradient sums',
        'scratch',
      ).count
    expect([chunks(3), chunks(100)]).toEqual([3, 16])
  })

  test('has as many copies of a buffer as there are threads, blocks or chunks', () => {
    const memory = new Allocator(blocks)
    const stride = (scope?: Buffer['scope']) => memory.take('a', 'scratch', 100, scope).stride
    // The buffers of blocks follow each other without a gap.
    expect([stride('block'), stride('thread'), stride('chunk')]).toEqual([100, 128, 128])
    expect(memory.buffers.map(({ count, bytes }) => [count, bytes])).toEqual([
      [4, 448],
      [2, 256],
      [4, 512],
    ])
  })
})

describe('emit', () => {
  const options = { loss: 'softmaxCrossEntropy', seed: 1 } as const

  test('runs data, forward pass, loss, and the backward pass in reverse order for a block', () => {
    const { train, evaluate, predict } = emit(
      plan(model([conv(2), tanh, flatten, dense(3)])),
      options,
    )
    const forward = ['winogradInput', 'winogradForward', 'tanhInPlace', 'convForward']
    expect(names(train.commands)).toEqual([
      'loadImages',
      ...forward,
      'crossEntropy',
      'transposeGradient',
      'convBackwardData',
      'tanhBackward',
      'winogradBackward',
    ])
    expect(names(evaluate.commands)).toEqual(['loadImages', ...forward, 'crossEntropy'])
    expect(names(predict.commands)).toEqual(['loadImages', ...forward, 'deinterleave'])
  })

  test('leaves out gradients that nothing needs', () => {
    const { operations } = emit(
      plan(model([avgPool, tanh, conv(2, 3), flatten, dense(3)])),
      options,
    )
    expect(operations.map(({ backward }) => names(backward))).toEqual([
      [],
      [],
      [],
      ['transposeGradient', 'convBackwardData'],
    ])
  })

  test('draws a mask in training and copies in evaluation', () => {
    const spec = model([flatten, dense(3), { type: 'dropout', rate: 0.5 }, dense(3)])
    const { operations } = emit(plan(spec), options)
    expect(names(operations[1]!.forward)).toEqual(['dropoutMask', 'multiplyInto'])
    expect(names(operations[1]!.evalForward)).toEqual(['copy'])
    expect(names(operations[1]!.backward)).toEqual(['multiplyInto'])
  })

  test('lists every parameter’s optimizer step, and the commands that follow loading weights', () => {
    const { optimizerStep, onWeightsLoaded } = emit(plan(lenet5()), options)
    const count = (name: string) =>
      names(optimizerStep.commands).filter((one) => one === name).length
    expect([count('winogradUpdate'), count('biasUpdate')]).toEqual([2 + 4, 3])
    expect(names(onWeightsLoaded.commands)).toEqual(['winogradFilter', 'winogradFilter'])
    const mlp = emit(plan(customMlp()), options)
    expect(new Set(names(mlp.onWeightsLoaded.commands))).toEqual(new Set(['sumRows']))
  })

  test('writes the loss and the seed into the commands', () => {
    const spec = lenet5Regularized()
    const words = (own: Parameters<typeof emit>[1]) => emit(plan(spec), own).train.commands
    expect(words(options)).toEqual(words(options))
    expect(words({ ...options, loss: 'doubleSoftmaxCrossEntropy' })).not.toEqual(words(options))
  })

  test('places the command lists after all other buffers', () => {
    const memory = plan(lenet5())
    const before = memory.memory.bytes
    const { train, optimizerStep } = emit(memory, options)
    expect(train.address).toBeGreaterThanOrEqual(before)
    const end = optimizerStep.address + optimizerStep.commands.length * COMMAND_WORDS * 4
    expect(memory.memory.bytes).toBeGreaterThanOrEqual(end)
  })
})
