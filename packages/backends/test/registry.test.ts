import { describe, expect, test } from 'vitest'
import { type Backend, BackendError, BACKENDS, firstAvailable, MAX_THREADS } from '../src/index.js'
import { availableBackend, BACKEND_NAMES, backendByName, fused, node } from '../src/node.js'
import { everyLayer, plan, samples, toBatch } from '../src/testing/samples.js'
import { initialWeights } from '@mnist-lab/models'
import { wasm } from '../src/tfjs/wasm.js'
import { WEB_BACKEND_NAMES, webBackend } from '../src/web.js'

const RUNTIMES = [
  { runtime: 'node', create: backendByName },
  { runtime: 'browser', create: webBackend },
] as const

describe.each(RUNTIMES)('the registry in runtime $runtime', ({ runtime, create }) => {
  const inside = BACKENDS.filter(({ runtimes }) => runtimes.includes(runtime))
  const outside = BACKENDS.filter(({ runtimes }) => !runtimes.includes(runtime))

  test.each(inside.map(({ name }) => name))('creates %s under its own name', (name) => {
    expect(create(name).name).toBe(name)
  })

  test.each(outside.map(({ name }) => name))('refuses %s, which is for another runtime', (name) => {
    expect(() => create(name)).toThrow(BackendError)
    expect(() => create(name)).toThrow(`backend ${name}: it runs only in `)
  })

  test('refuses a number of threads that is not a whole number from 1 to the limit, in one line', () => {
    for (const { name } of inside)
      for (const threads of [0, -1, 1.5, NaN, Infinity, MAX_THREADS + 1]) {
        const line = `backend ${name}: wrong number of threads, expected a whole number from 1 to ${MAX_THREADS}, got ${threads}; `
        expect(() => create(name, { threads })).toThrow(BackendError)
        expect(() => create(name, { threads })).toThrow(line)
      }
    for (const { name } of inside) expect(create(name, { threads: MAX_THREADS }).name).toBe(name)
  })

  test('refuses an unknown name and the name of an object’s method', () => {
    for (const name of ['tpu', 'toString', ''])
      expect(() => create(name)).toThrow(`backend ${name}: unknown, expected one of fused, `)
  })
})

test('a factory refuses such a number of threads too', () => {
  for (const create of [fused, wasm, node])
    for (const threads of [0, 2.5, -3, NaN, 1e9])
      expect(() => create({ threads })).toThrow(/^backend \w+: wrong number of threads, /)
})

test('lists the backends from fast to slow, without the variants', () => {
  expect(BACKEND_NAMES).toEqual(['fused', 'wasm', 'node', 'fused-js', 'cpu'])
  expect(WEB_BACKEND_NAMES).toEqual(['fused', 'webgpu', 'wasm', 'webgl', 'fused-js', 'cpu'])
})

test('has every name once, and describes every backend in a sentence', () => {
  expect(new Set(BACKENDS.map(({ name }) => name)).size).toBe(BACKENDS.length)
  for (const { description } of BACKENDS) expect(description).toMatch(/^[A-Z].*\.$/)
})

describe('a variant', () => {
  const variants = BACKENDS.filter(({ variant }) => variant !== undefined)

  test.each(variants)(
    '$name reports its name, its base backend and its options in info',
    async (entry) => {
      const session = await backendByName(entry.name).open()
      const { backend, variant, simd } = session.info
      await session.close()
      expect(backend).toBe(entry.name)
      expect(variant).toEqual(entry.variant)
      if (entry.name === 'fused-simd128') expect(simd).toBe('simd128')
      if (entry.name === 'fused-scalar') expect(simd).toBe('scalar')
    },
  )

  test('is a whole session: it trains, counts memory and closes', async () => {
    const session = await backendByName('fused-direct').open()
    const trainer = await session.compile(
      everyLayer,
      plan,
      initialWeights(everyLayer, { seed: 1, scheme: 'pytorch' }),
    )
    expect((await trainer.step(toBatch(samples(everyLayer, 8)))).loss).toBeGreaterThan(0)
    expect(session.memory().tensors).toBe(1)
    await session.close()
    expect(session.memory().tensors).toBe(0)
  })

  test('has other results than its base backend if its options matter', async () => {
    const spec = {
      name: 'winograd',
      inputShape: [16, 16, 4],
      layers: [
        { type: 'conv2d', filters: 4, kernelSize: 5 },
        { type: 'flatten' },
        { type: 'dense', units: 3 },
      ],
    } as const
    const losses = []
    for (const name of ['fused', 'fused-direct']) {
      const session = await backendByName(name).open()
      const trainer = await session.compile(
        spec,
        plan,
        initialWeights(spec, { seed: 1, scheme: 'pytorch' }),
      )
      losses.push((await trainer.predict(samples(spec, 8).images)).join())
      await session.close()
    }
    expect(losses[0]).not.toBe(losses[1])
  })

  test('leaves the info of its base backend without a variant', async () => {
    const session = await backendByName('fused').open()
    expect(session.info).toMatchObject({ backend: 'fused' })
    expect('variant' in session.info).toBe(false)
    await session.close()
  })
})

describe('choosing a backend', () => {
  const refusing = (name: string): Backend => ({
    name,
    probe: async () => ({ ok: false, reason: `${name} is missing`, hint: 'buy one' }),
    open: () => Promise.reject(new Error('never')),
  })

  test('takes the first that probes ok, and says why those before it are not', async () => {
    const chosen = await firstAvailable([refusing('tpu'), backendByName('null')])
    expect(chosen.backend.name).toBe('null')
    expect(chosen.why).toBe(
      'null, the fastest backend available here (computes nothing; tpu: tpu is missing)',
    )
  })

  test('names every reason when none is available', async () => {
    await expect(firstAvailable([refusing('tpu'), refusing('npu')])).rejects.toThrow(
      'none is available: tpu: tpu is missing; npu: npu is missing',
    )
  })

  test('takes a variant by its name, and auto for the fastest', async () => {
    expect((await availableBackend('fused-direct')).backend.name).toBe('fused-direct')
    expect((await availableBackend('auto')).backend.name).toBe('fused')
    await expect(availableBackend('webgl')).rejects.toThrow('it runs only in browsers')
  })
})
