import { initialWeights, lenet5 } from '@mnist-lab/models'
import { expect, test } from 'vitest'
import { fusedJs } from '../src/fused-js.js'
import { BackendError } from '../src/index.js'
import { testBackend } from '../src/testing/index.js'
import { plan } from '../src/testing/samples.js'
import { torchParity } from './support.js'

testBackend(fusedJs)
await torchParity(fusedJs, 60)
await torchParity(fusedJs, 60, 'torch-nesterov.json')

const weights = () => initialWeights(lenet5(), { seed: 1, scheme: 'pytorch' })

test('says that one thread runs, and only if more were asked for', async () => {
  for (const [threads, notes] of [
    [1, []],
    [2, ['one thread instead of 2: the kernels in JavaScript have no threads']],
  ] as const) {
    const session = await fusedJs({ threads }).open()
    expect(session.info).toMatchObject({
      backend: 'fused-js',
      device: 'JavaScript',
      simd: 'scalar',
      threads: 1,
      notes,
    })
    await session.close()
  }
})

test('trains where the global WebAssembly is missing', async () => {
  const { WebAssembly: real } = globalThis
  try {
    Reflect.deleteProperty(globalThis, 'WebAssembly')
    expect(await fusedJs().probe()).toMatchObject({ ok: true })
    const session = await fusedJs().open()
    await session.compile(lenet5(), plan, weights())
    await session.close()
  } finally {
    globalThis.WebAssembly = real
  }
})

test('refuses a batch beyond its limit or that of the machine, before it takes memory', async () => {
  for (const maxBytes of [2 ** 31, 100_000_000]) {
    const session = await fusedJs({ maxBytes }).open()
    const compiled = session.compile(lenet5(), { ...plan, batchSize: 10_000_000 }, weights())
    await expect(compiled).rejects.toThrow(BackendError)
    await expect(compiled).rejects.toThrow(`expected at most ${maxBytes} bytes`)
    expect(session.memory().reservedBytes).toBe(0)
    await session.close()
  }
})

test('says in one line that the memory is not available', async () => {
  const { ArrayBuffer: Real } = globalThis
  const session = await fusedJs().open()
  try {
    globalThis.ArrayBuffer = new Proxy(Real, {
      construct: () => {
        throw new RangeError('Array buffer allocation failed')
      },
    })
    await expect(session.compile(lenet5(), plan, weights())).rejects.toThrow(
      /^backend fused-js: \d+ bytes of memory are not available \(RangeError: Array buffer allocation failed\); use smaller batches$/,
    )
  } finally {
    globalThis.ArrayBuffer = Real
    await session.close()
  }
})
