import { setFlagsFromString } from 'node:v8'
import { initialWeights, lenet5 } from '@mnist-lab/models'
import { compileKernels } from '@mnist-lab/kernels'
import { describe, expect, test } from 'vitest'
import { fused as anywhere } from '../src/fused.js'
import type { Backend } from '../src/index.js'
import { fused } from '../src/node.js'
import { plan, samples, toBatch } from '../src/testing/samples.js'
import { testBackend } from '../src/testing/index.js'
import { torchParity, whereAvailable } from './support.js'

// Node.js 20 has relaxed SIMD behind a flag, which later versions no longer know.
setFlagsFromString('--experimental-wasm-relaxed-simd')

const variants: Readonly<Record<string, () => Backend>> = {
  direct: () => fused({ convolutions: 'direct' }),
  simd128: () => fused({ build: 'simd128' }),
  relaxed: () => fused({ build: 'relaxed' }),
  scalar: () => fused({ build: 'scalar' }),
  'three threads': () => fused({ threads: 3 }),
}

await whereAvailable(fused(), async () => {
  for (const [name, create] of Object.entries(variants)) {
    describe(`variant ${name}`, async () => {
      testBackend(create)
      // Relu and max pooling can switch on a difference in the last bits. Once in some hundred
      // steps the rounding errors of Winograd's sums switch one of them, and the runs diverge. This
      // happens with any two orders of summation in float32.
      await torchParity(create, ({ model, loss }) =>
        name !== 'direct' && model === 'lenet5-regularized' && loss === 'softmax-cross-entropy'
          ? 60
          : 100,
      )
      await torchParity(create, 100, 'torch-nesterov.json')
    })
  }

  test('the number of threads does not change any result', async () => {
    const spec = lenet5()
    const results = []
    for (const threads of [1, 2, 3]) {
      const session = await fused({ threads, build: 'simd128' }).open()
      expect(session.info).toMatchObject({ threads, simd: 'simd128', notes: [] })
      // The batches have more blocks than chunks, as many, and fewer.
      const trainer = await session.compile(
        spec,
        { ...plan, batchSize: 200 },
        initialWeights(spec, { seed: 1, scheme: 'glorot' }),
      )
      const losses = []
      for (let step = 0; step < 20; step++)
        losses.push(await trainer.step(toBatch(samples(spec, 200 - 10 * step))))
      results.push({ losses, state: await trainer.save() })
      await session.close()
    }
    expect(results[1]).toEqual(results[0])
    expect(results[2]).toEqual(results[0])
  })

  test('two trainers of one session take turns on its threads', async () => {
    const spec = lenet5()
    const batch = toBatch(samples(spec, 16))
    const session = await fused({ threads: 2 }).open()
    const create = () =>
      session.compile(
        spec,
        { ...plan, batchSize: 16 },
        initialWeights(spec, { seed: 1, scheme: 'glorot' }),
      )
    const [first, second] = [await create(), await create()]
    for (let step = 0; step < 10; step++)
      expect(await first.step(batch)).toEqual(await second.step(batch))
    first.dispose()
    const third = await create()
    await third.step(batch)
    expect((await third.evaluate(batch)).loss).toBeGreaterThan((await second.evaluate(batch)).loss)
    await expect(third.step(toBatch(samples(spec, 17)))).rejects.toThrow(
      'the batch has 17 samples, but the training plan allows at most 16',
    )
    await session.close()
  })

  test('says why only one thread runs', async () => {
    const without = async (backend: Backend) => {
      const session = await backend.open()
      await session.close()
      return session.info
    }
    expect(await without(anywhere({ threads: 2 }))).toMatchObject({
      threads: 1,
      notes: [expect.stringContaining('crossOriginIsolated')],
    })
    expect(await without(fused({ threads: 2, build: 'scalar' }))).toMatchObject({
      threads: 1,
      notes: [expect.stringContaining('no threads')],
    })
    const module = await compileKernels('simd128')
    expect(await without(fused({ threads: 2, module }))).toMatchObject({
      threads: 1,
      simd: 'simd128',
      notes: [expect.stringContaining('passed in')],
    })
    expect(await without(fused({ module }))).toMatchObject({ notes: [] })
  })
})
