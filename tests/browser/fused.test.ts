import { testBackend } from '@mnist-lab/backends/testing'
import { initialWeights, lenet5 } from '@mnist-lab/models'
import { describe, expect, test } from 'vitest'
import { create, torchParity } from './support.js'

const plan = {
  loss: 'softmaxCrossEntropy',
  batchSize: 40,
  seed: 11,
  optimizer: { learningRate: 0.05, momentum: 0.9, weightDecay: 0 },
} as const

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

test('after a helper thread was ended, every call fails and close returns', async () => {
  const workers: Worker[] = []
  const Original = globalThis.Worker
  globalThis.Worker = class extends Original {
    constructor(...values: ConstructorParameters<typeof Worker>) {
      super(...values)
      workers.push(this)
    }
  }
  try {
    const spec = lenet5()
    const weights = initialWeights(spec, { seed: 1, scheme: 'glorot' })
    const session = await create('fused', { threads: 2 }).open()
    const compile = () => session.compile(spec, { ...plan, batchSize: 400 }, weights)
    const trainer = await compile()
    const batch = {
      size: 400,
      labels: new Uint8Array(400),
      writeImages: (target: Float32Array) => target.fill(0),
    }
    await trainer.step(batch)
    expect(workers).toHaveLength(1)
    workers[0]!.terminate()
    // The pass that runs when the thread ends may succeed without it.
    const failure = await (async () => {
      for (;;) {
        try {
          await trainer.step(batch)
        } catch (error) {
          return error
        }
      }
    })()
    expect(String(failure)).toContain('backend fused: a thread failed (it ended)')
    await expect(trainer.evaluate(batch)).rejects.toBe(failure)
    await expect(compile()).rejects.toBe(failure)
    await session.close()
    expect(session.memory().tensors).toBe(0)
  } finally {
    globalThis.Worker = Original
  }
})

test('the number of threads does not change any result in a browser', async () => {
  const spec = lenet5()
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
