import {
  costs,
  customMlp,
  inferShapes,
  initialWeights,
  lenet5,
  lenet5Regularized,
} from '@mnist-lab/models'
import { describe, expect, test } from 'vitest'
import { describeProgram, fused, renderProgram } from '../src/fused.js'
import { Profiler } from '../src/index.js'
import { everyLayer, plan, samples, toBatch } from '../src/testing/samples.js'

describe('describeProgram', () => {
  test('lists operations, kernels and the reasons for them', () => {
    const { operations, blocks } = describeProgram(
      lenet5(),
      { batchSize: 32 },
      { build: 'simd128' },
    )
    expect(blocks).toBe(4)
    expect(operations.map(({ layer, kernel }) => [layer, kernel])).toEqual([
      ['conv2d_1', 'winograd'],
      ['tanh_1 + avg_pool2d_1', 'in-place'],
      ['conv2d_2', 'winograd'],
      ['tanh_2 + avg_pool2d_2', 'in-place'],
      ['dense_1', 'direct'],
      ['tanh_3', 'in-place'],
      ['dense_2', 'direct'],
      ['tanh_4', 'in-place'],
      ['dense_3', 'direct'],
    ])
    expect(operations[0]).toMatchObject({
      outputShape: [28, 28, 6],
      forward: [
        { operation: 'winogradInput', count: 1 },
        { operation: 'winogradForward', count: 1 },
      ],
      optimizerStep: [{ operation: 'winogradUpdate', count: 2 }],
    })
    expect(operations.every(({ reason }) => reason !== '')).toBe(true)
  })

  test('counts the multiply-adds that the model has, for the sums and for both gradients', () => {
    for (const spec of [lenet5(), customMlp(), lenet5Regularized()]) {
      const infos = inferShapes(spec)
      const ofLayer = new Map(
        costs(spec, 32).layers.map(({ name, multiplyAdds }, i) => {
          const outputs = infos[i]!.outputShape.reduce((product, side) => product * side, 1)
          // The count of the layer includes one multiply-add for each bias.
          return [name, multiplyAdds - 32 * outputs]
        }),
      )
      for (const convolutions of ['winograd', 'direct'] as const) {
        const described = describeProgram(
          spec,
          { batchSize: 32 },
          { build: 'simd128', convolutions },
        ).operations.filter(({ type }) => type === 'conv2d' || type === 'dense')
        for (const [i, { layer, multiplyAdds }] of described.entries())
          // The gradient of the images is not computed.
          expect(multiplyAdds, layer).toBe((i === 0 ? 2 : 3) * ofLayer.get(layer)!)
      }
    }
  })

  test('adds up to the memory that the engine reserves', async () => {
    const session = await fused({ build: 'simd128' }).open()
    for (const spec of [lenet5(), everyLayer]) {
      const { bytes, bytesByRole, buffers } = describeProgram(spec, plan, { build: 'simd128' })
      const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
      expect(sum(Object.values(bytesByRole))).toBe(sum(buffers.map((buffer) => buffer.bytes)))
      // The kernels' constants lie below the first buffer.
      expect(bytes - sum(Object.values(bytesByRole))).toBe(2048)
      const trainer = await session.compile(
        spec,
        plan,
        initialWeights(spec, { seed: 1, scheme: 'glorot' }),
      )
      expect(session.memory().reservedBytes).toBe(Math.ceil(bytes / 65_536) * 65_536)
      trainer.dispose()
    }
    await session.close()
  })

  test('depends on the build, the threads and the batch', () => {
    const bytes = (batchSize: number, options: Parameters<typeof describeProgram>[2]) =>
      describeProgram(lenet5(), { batchSize }, options).bytes
    const usual = bytes(32, { build: 'simd128' })
    expect(bytes(64, { build: 'simd128' })).toBeGreaterThan(usual)
    expect(bytes(32, { build: 'simd128', threads: 2 })).toBeGreaterThan(usual)
    expect(bytes(32, { build: 'simd128', convolutions: 'direct' })).not.toBe(usual)
    expect(describeProgram(lenet5(), { batchSize: 32 }, { build: 'scalar' }).blocks).toBe(16)
  })
})

test('a profile counts the multiply-adds of the program that ran', async () => {
  const spec = lenet5()
  const profiler = new Profiler()
  const session = await fused({ build: 'simd128', profiler }).open()
  const weights = initialWeights(spec, { seed: 1, scheme: 'glorot' })
  const trainer = await session.compile(spec, { ...plan, batchSize: 24 }, weights)
  for (let step = 0; step < 3; step++) {
    profiler.begin()
    await trainer.step(toBatch(samples(spec, 24)))
    profiler.end()
  }
  await session.close()
  const { kernels } = profiler.profile()
  const counted = kernels.reduce((sum, { multiplyAdds = 0 }) => sum + multiplyAdds, 0)
  const described = describeProgram(spec, { batchSize: 24 }, { build: 'simd128' }).operations
  expect(counted).toBe(3 * described.reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0))
  // A kernel that does no sums of products has no count.
  expect(kernels.find(({ name }) => name === 'loadImages')).not.toHaveProperty('multiplyAdds')
})

test('a description is rendered in lines of up to 100 columns', () => {
  for (const spec of [lenet5(), customMlp(), lenet5Regularized(), everyLayer]) {
    const text = renderProgram(describeProgram(spec, { batchSize: 32 }, { build: 'simd128' }))
    for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(100)
    expect(text).toContain(`${spec.name} on the fused engine: build simd128, 1 thread`)
    expect(text).toContain('A batch of 32 is 4 blocks of 8 samples.')
  }
  const text = renderProgram(
    describeProgram(lenet5Regularized(), { batchSize: 8 }, { build: 'simd128' }),
  )
  expect(text).toContain('A batch of 8 is 1 block of 8 samples.')
  expect(text).toContain(
    [
      '  1. conv2d_1: output 28 × 28 × 6, kernel winograd-gradients',
      '     why: Winograd’s method for the gradients (3136 products for two channels instead of 19600);',
      '       direct sums in the forward pass, because relu_1 can switch on a difference in the last bits',
      '     forward: convForward',
      '     backward: winogradInput, winogradBackward',
      '     optimizer step: winogradUpdate × 2',
      '     on weights loaded: winogradFilter',
    ].join('\n'),
  )
  expect(text).toMatch(/\n {2}conv2d_1, weights +weights +1 +832\n/)
  expect(text).toMatch(/\n {2}total +[\d,]+$/)
})
