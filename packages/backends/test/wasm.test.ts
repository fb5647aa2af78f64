import { bestTfjsBuild } from '@mnist-lab/tfjs-kernels/wasm'
import { initialWeights, lenet5 } from '@mnist-lab/models'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { BackendError } from '../src/index.js'
import { testBackend } from '../src/testing/index.js'
import { plan } from '../src/testing/samples.js'
import { wasm } from '../src/tfjs/wasm.js'
import { torchParity, whereAvailable } from './support.js'

const stock = () => wasm({ kernels: 'stock' })

// Not the contract suite: its nets pool negative numbers, and there TensorFlow.js's own kernels
// lose gradients.
await whereAvailable(stock(), () => torchParity(stock, 10))

await whereAvailable(wasm(), async () => {
  testBackend(wasm)
  await torchParity(wasm, 100)
  await torchParity(wasm, 100, 'torch-nesterov.json')

  test('says whose kernels run', async () => {
    const session = await wasm().open()
    expect(session.info).toMatchObject({
      backend: 'wasm',
      versions: { '@mnist-lab/tfjs-kernels': expect.stringMatching(/^\d/) as string },
    })
    expect(session.info.notes.join()).toContain(
      `training kernels of @mnist-lab/tfjs-kernels/wasm, build ${bestTfjsBuild()}; TensorFlow.js's own kernels for the rest, simd128`,
    )
    await session.close()
    const stockSession = await stock().open()
    expect(stockSession.info.backend).toBe('wasm-stock')
    expect(Object.keys(stockSession.info.versions)).not.toContain('@mnist-lab/tfjs-kernels')
    expect(stockSession.info.notes.join()).toContain("TensorFlow.js's own kernels")
    await stockSession.close()
  })

  test('says which SIMD its training kernels use, and with kernels: stock which TensorFlow.js has', async () => {
    const simd = []
    for (const backend of [wasm(), stock()]) {
      const session = await backend.open()
      simd.push(session.info.simd)
      await session.close()
    }
    // Every engine that runs these tests has SIMD, and some have relaxed SIMD.
    const build = bestTfjsBuild()
    expect(['relaxed', 'simd128']).toContain(build)
    expect(simd).toEqual([build, 'simd128'])
  })

  test("leaves TensorFlow.js's registry as it was", async () => {
    const names = ['Conv2DBackpropFilter', 'Conv2DBackpropInput', 'BatchMatMul', 'MaxPoolGrad']
    const before = names.map((name) => tf.getKernel(name, 'wasm'))
    for (const backend of [wasm(), stock()]) {
      const session = await backend.open()
      await session.close()
      expect(names.map((name) => tf.getKernel(name, 'wasm'))).toEqual(before)
    }
  })

  test('with other kernels than those of an open session is refused', async () => {
    const session = await wasm().open()
    await expect(stock().open()).rejects.toThrow(
      /^backend wasm-stock: a session of wasm is open, .*; close it first$/,
    )
    const another = await wasm().open()
    await Promise.all([session.close(), another.close()])
    const stockSession = await stock().open()
    await expect(wasm().open()).rejects.toThrow(BackendError)
    await stockSession.close()
  })

  test('refuses a batch whose step does not fit in its heap, before it takes memory', async () => {
    const session = await wasm().open()
    const before = session.memory()
    const spec = lenet5()
    const weights = initialWeights(spec, { seed: 1, scheme: 'pytorch' })
    await expect(session.compile(spec, { ...plan, batchSize: 60_000 }, weights)).rejects.toThrow(
      /^backend wasm: a step of lenet5 on 60000 images does not fit in its memory, expected at most 4294901760 bytes, got \d+; use smaller batches, or another backend$/,
    )
    expect(session.memory()).toEqual(before)
    await session.close()
  })

  test.each([wasm, stock])(
    'says that its heap is full instead of writing over it',
    async (create) => {
      const session = await create().open()
      // A heap that cannot grow gives the address 0.
      const engine = tf.backend() as unknown as { wasm: { _malloc: (bytes: number) => number } }
      // Numbers beyond 32 bits would lose their upper bits.
      for (const bytes of [2 ** 32 - 1, 5_000_000_000, 30_105_600_000])
        expect(() => engine.wasm._malloc(bytes)).toThrow(BackendError)
      expect(() => tf.zeros([2 ** 30 - 2 ** 10])).toThrow(
        /^backend wasm.*: \d+ bytes of memory are not available; .*; use smaller batches$/,
      )
      await session.close()
    },
  )

  test('reports the threads that really run when others were asked for', async () => {
    const session = await wasm({ threads: 64 }).open()
    expect(session.info.threads).toBeLessThan(64)
    expect(session.info.notes.join()).toMatch(/asked for 64 threads, runs \d+: /)
    await session.close()
  })
})
