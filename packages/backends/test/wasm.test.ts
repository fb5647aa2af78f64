import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { BackendError } from '../src/index.js'
import { testBackend } from '../src/testing/index.js'
import { wasm } from '../src/wasm.js'
import { torchParity, whereAvailable } from './support.js'

const stock = () => wasm({ kernels: 'stock' })

// Not the contract suite: its nets pool negative numbers, and there upstream loses gradients.
await whereAvailable(stock(), () => torchParity(stock, 10))

await whereAvailable(wasm(), async () => {
  testBackend(wasm)
  await torchParity(wasm, 100)

  test('says whose kernels run', async () => {
    const session = await wasm().open()
    expect(session.info).toMatchObject({
      backend: 'wasm',
      versions: { '@mnist-lab/kernels': expect.stringMatching(/^\d/) as string },
    })
    expect(session.info.notes.join()).toMatch(
      /training kernels of @mnist-lab\/kernels\/tfjs-wasm, build (relaxed|simd128|plain)/,
    )
    await session.close()
    const upstream = await stock().open()
    expect(upstream.info.backend).toBe('wasm-stock')
    expect(Object.keys(upstream.info.versions)).not.toContain('@mnist-lab/kernels')
    expect(upstream.info.notes.join()).toContain("TensorFlow.js's own kernels")
    await upstream.close()
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
    const upstream = await stock().open()
    await expect(wasm().open()).rejects.toThrow(BackendError)
    await upstream.close()
  })

  test('reports the threads that really run when others were asked for', async () => {
    const session = await wasm({ threads: 64 }).open()
    expect(session.info.threads).toBeLessThan(64)
    expect(session.info.notes.join()).toMatch(/asked for 64 threads, runs \d+: /)
    await session.close()
  })
})
