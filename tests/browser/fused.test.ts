import { testBackend } from '@mnist-lab/backends/testing'
import { initialWeights, lenet5 } from '@mnist-lab/models'
import { describe, expect, test } from 'vitest'
import { create, torchParity } from './support.js'

test('the page is cross-origin isolated, so that threads are tested', () => {
  expect(crossOriginIsolated).toBe(true)
})

for (const threads of [1, 2]) {
  const make = () => create('fused', { threads })
  describe(`threads: ${threads}`, async () => {
    testBackend(make)
    // Relu and max pooling can switch on a difference in the last bits, so two orders of summation
    // diverge at some step; see packages/backends/test/fused.test.ts.
    await torchParity(make, ({ model }) => (model === 'lenet5-regularized' ? 60 : 100))
  })
}

test('the number of threads does not change any result in a browser', async () => {
  const spec = lenet5()
  const plan = {
    loss: 'softmaxCrossEntropy',
    batchSize: 40,
    seed: 11,
    optimizer: { learningRate: 0.05, momentum: 0.9, weightDecay: 0 },
  } as const
  const states = []
  for (const threads of [1, 2, 3]) {
    const session = await create('fused', { threads }).open()
    expect(session.info).toMatchObject({ threads, notes: [] })
    const trainer = await session.compile(
      spec,
      plan,
      initialWeights(spec, { seed: 1, scheme: 'glorot' }),
    )
    for (let step = 0; step < 10; step++) {
      await trainer.step({
        size: 40,
        labels: Uint8Array.from({ length: 40 }, (_, i) => i % 10),
        writeImages: (target, table) => {
          for (let i = 0; i < 40 * 784; i++) target[i] = table[(i * (step + 7)) % 256]!
        },
      })
    }
    states.push(await trainer.save())
    await session.close()
  }
  expect(states[1]).toEqual(states[0])
  expect(states[2]).toEqual(states[0])
})
