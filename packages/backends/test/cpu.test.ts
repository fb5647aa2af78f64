import * as tf from '@tensorflow/tfjs-core'
import { initialWeights, lenet5, type ModelSpec } from '@mnist-lab/models'
import { expect, test } from 'vitest'
import { cpu } from '../src/tfjs/cpu.js'
import { backendByName } from '../src/node.js'
import { testBackend } from '../src/testing/index.js'
import { everyLayer, flat, plan, samples, toBatch } from '../src/testing/samples.js'
import { stepBytes } from '../src/tfjs/trainer.js'
import { torchParity, whereAvailable } from './support.js'

await whereAvailable(cpu(), async () => {
  testBackend(() => cpu())
  await torchParity(() => cpu(), 20)
  await torchParity(() => cpu(), 20, 'torch-nesterov.json')
})

test("trains as TensorFlow.js's own kernels do, which cpu-stock gets back afterwards", async () => {
  const outcomes = []
  for (const [kernels, name] of [
    ['stock', 'cpu-stock'],
    ['training', 'cpu'],
    ['stock', 'cpu-stock'],
  ] as const) {
    const session = await cpu({ kernels }).open()
    expect(session.info.backend).toBe(name)
    expect('@mnist-lab/tfjs-kernels' in session.info.versions).toBe(kernels === 'training')
    const trainer = await session.compile(
      everyLayer,
      plan,
      initialWeights(everyLayer, { seed: 3, scheme: 'pytorch' }),
    )
    for (let i = 0; i < 3; i++) await trainer.step(toBatch(samples(everyLayer, 8, i)))
    outcomes.push({
      weights: flat((await trainer.save()).weights),
      conv2d: tf.getKernel('Conv2D', 'cpu'),
    })
    await session.close()
  }
  const [before, ours, after] = outcomes as [
    (typeof outcomes)[0],
    (typeof outcomes)[0],
    (typeof outcomes)[0],
  ]
  expect(after).toEqual(before)
  expect(ours.conv2d).not.toBe(before.conv2d)
  for (const [i, weight] of ours.weights.entries())
    expect(Math.abs(weight - before.weights[i]!)).toBeLessThan(1e-5)
})

test('refuses to run both sets of kernels in one process at the same time', async () => {
  const session = await backendByName('cpu').open()
  await expect(backendByName('cpu-stock').open()).rejects.toThrow(
    'backend cpu-stock: a session of cpu is open',
  )
  await session.close()
  const stock = await backendByName('cpu-stock').open()
  await expect(backendByName('cpu').open()).rejects.toThrow(
    'backend cpu: a session of cpu-stock is open',
  )
  await stock.close()
})

const reluFirst: ModelSpec = {
  name: 'relu-first',
  inputShape: [6, 5, 2],
  layers: [
    { type: 'relu' },
    { type: 'maxPool2d', poolSize: 2 },
    { type: 'flatten' },
    { type: 'dense', units: 4 },
    { type: 'relu' },
    { type: 'dropout', rate: 0 },
    { type: 'dense', units: 3 },
  ],
}

test.each([
  { spec: everyLayer, flattened: 2 * 4 },
  { spec: lenet5(), flattened: 2 * 400 },
  { spec: reluFirst, flattened: 12 },
])('the memory of a step of $spec.name is known before the step', async ({ spec, flattened }) => {
  const session = await cpu().open()
  const peaks = []
  for (const batchSize of [3, 8]) {
    const weights = initialWeights(spec, { seed: 1, scheme: 'pytorch' })
    const trainer = await session.compile(spec, { ...plan, batchSize }, weights)
    const batch = toBatch(samples(spec, batchSize))
    // Of all that TensorFlow.js holds, only the tensors of the step depend on the batch.
    const { peakBytes } = await tf.profile(async () => {
      await trainer.step(batch)
      return []
    })
    peaks.push(peakBytes)
    trainer.dispose()
  }
  // It counts flattened tensors too, although they share the memory of others.
  expect(peaks[1]! - peaks[0]! - 4 * 5 * flattened).toBe(stepBytes(spec, 8) - stepBytes(spec, 3))
  expect(stepBytes(spec, 8)).toBeLessThanOrEqual(peaks[1]!)
  await session.close()
})

test('refuses a step that does not fit in the memory of the machine, before it takes any', async () => {
  const weights = initialWeights(everyLayer, { seed: 1, scheme: 'pytorch' })
  const bytes = stepBytes(everyLayer, plan.batchSize)
  const small = await cpu({ maxBytes: bytes - 1 }).open()
  await expect(small.compile(everyLayer, plan, weights)).rejects.toThrow(
    `backend cpu: a step of every-layer on 8 images does not fit in its memory, expected at most ${bytes - 1} bytes, got ${bytes}; use smaller batches`,
  )
  await small.close()
  const enough = await cpu({ maxBytes: bytes }).open()
  await enough.compile(everyLayer, plan, weights)
  await enough.close()
})
