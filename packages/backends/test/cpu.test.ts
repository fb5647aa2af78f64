import * as tf from '@tensorflow/tfjs-core'
import { initialWeights } from '@mnist-lab/models'
import { expect, test } from 'vitest'
import { cpu } from '../src/tfjs/cpu.js'
import { backendByName } from '../src/node.js'
import { testBackend } from '../src/testing/index.js'
import { everyLayer, flat, plan, samples, toBatch } from '../src/testing/samples.js'
import { torchParity, whereAvailable } from './support.js'

await whereAvailable(cpu(), async () => {
  testBackend(() => cpu())
  await torchParity(() => cpu(), 20)
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
