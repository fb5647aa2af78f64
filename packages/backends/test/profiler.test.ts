import { initialWeights, lenet5 } from '@mnist-lab/models'
import { describe, expect, test } from 'vitest'
import { cpu } from '../src/tfjs/cpu.js'
import { type Backend, Profiler, slowed } from '../src/index.js'
import { fused, node } from '../src/node.js'
import { nullBackend } from '../src/testing/null.js'
import { plan, samples, toBatch } from '../src/testing/samples.js'
import { wasm } from '../src/tfjs/wasm.js'
import { whereAvailable } from './support.js'

describe('a profiler', async () => {
  test('counts the time of each phase, and of each kernel without the kernels that it calls', () => {
    let time = 0
    const pass = (ms: number) => () => {
      time += ms
    }
    const profiler = new Profiler(() => time)
    for (let step = 0; step < 2; step++) {
      profiler.begin()
      time += 1
      profiler.phase('forward')
      profiler.kernel('outer', () => {
        time += 2
        profiler.kernel('inner', pass(3))
        profiler.kernel('inner', pass(4))
      })
      time += 5
      profiler.phase('update')
      profiler.kernel('inner', pass(6))
      profiler.end()
      time += 100
    }
    expect(profiler.profile()).toEqual({
      phases: [
        { phase: 'data', ms: 2 },
        { phase: 'forward', ms: 28 },
        { phase: 'update', ms: 12 },
      ],
      kernels: [
        { name: 'inner', phase: 'forward', calls: 4, ms: 14 },
        { name: 'inner', phase: 'update', calls: 2, ms: 12 },
        { name: 'outer', phase: 'forward', calls: 2, ms: 4 },
      ],
    })
  })

  test('adds up the multiply-adds of kernels whose count is known', () => {
    const profiler = new Profiler(() => 0)
    profiler.begin()
    profiler.kernel('product', () => undefined, 12)
    profiler.kernel('product', () => undefined, 30)
    profiler.kernel('copy', () => undefined)
    profiler.end()
    const { kernels } = profiler.profile()
    expect(kernels.map(({ name, multiplyAdds }) => [name, multiplyAdds])).toEqual([
      ['product', 42],
      ['copy', undefined],
    ])
  })

  test('counts nothing outside of steps', () => {
    const profiler = new Profiler()
    profiler.phase('forward')
    expect(profiler.kernel('k', () => 7)).toBe(7)
    profiler.end()
    expect(profiler.profile()).toEqual({ phases: [], kernels: [] })
  })

  const spec = lenet5()
  const batch = toBatch(samples(spec, 8))
  const step = async (backend: Backend, profiler?: Profiler) => {
    const session = await backend.open()
    const trainer = await session.compile(
      spec,
      plan,
      initialWeights(spec, { seed: 1, scheme: 'pytorch' }),
    )
    profiler?.begin()
    const result = await trainer.step(batch)
    profiler?.end()
    await trainer.evaluate(batch)
    const state = await trainer.save()
    await session.close()
    return { result, state }
  }

  const backends: Readonly<Record<string, (profiler?: Profiler) => Backend>> = {
    fused: (profiler) => fused({ build: 'simd128', ...(profiler && { profiler }) }),
    'fused, two threads asked for': (profiler) =>
      fused({ build: 'simd128', threads: 2, ...(profiler && { profiler }) }),
    wasm: (profiler) => wasm({ ...(profiler && { profiler }) }),
    cpu: (profiler) => cpu({ ...(profiler && { profiler }) }),
    node: (profiler) => node({ threads: 1, ...(profiler && { profiler }) }),
  }
  for (const [name, create] of Object.entries(backends)) {
    await whereAvailable(create(), async () => {
      test(`records the phases and kernels of ${name} without changing any result`, async () => {
        const profiler = new Profiler()
        const profiled = await step(create(profiler), profiler)
        const { phases, kernels } = profiler.profile()
        expect(phases.map(({ phase }) => phase)).toEqual([
          'data',
          'forward',
          'backward',
          'update',
          'synchronise',
        ])
        for (const phase of ['forward', 'backward', 'update'] as const) {
          const own = kernels.filter((kernel) => kernel.phase === phase)
          expect(own.length, phase).toBeGreaterThan(0)
          const sum = own.reduce((total, { ms }) => total + ms, 0)
          expect(sum).toBeLessThanOrEqual(phases.find((one) => one.phase === phase)!.ms + 1e-6)
        }
        expect(profiled).toEqual(await step(create()))
      })
    })
  }
})

describe('a slowed backend', () => {
  test('takes longer for a step by the given share, says so, and computes the same results', async () => {
    let time = 0
    const plain = nullBackend({
      delay: async () => {
        time += 20
      },
    })
    // Every reading advances the clock, so that waiting ends.
    const session = await slowed(plain, 0.1, () => (time += 0.25)).open()
    expect(session.info.notes).toContain('slowed down artificially by 10%')
    const spec = lenet5()
    const weights = initialWeights(spec, { seed: 1, scheme: 'pytorch' })
    const trainer = await session.compile(spec, plan, weights)
    const result = await trainer.step(toBatch(samples(spec, 8)))
    expect(time).toBeGreaterThanOrEqual(22)
    expect(time).toBeLessThan(23)
    const bare = await (await plain.open()).compile(spec, plan, weights)
    expect(await bare.step(toBatch(samples(spec, 8)))).toEqual(result)
    await session.close()
  })

  test('passes on all members of a session and a trainer, including optional ones', async () => {
    let asked = 0
    const plain = nullBackend()
    const backend: Backend = {
      ...plain,
      async open() {
        const session = await plain.open()
        return Object.assign(session, { disturbed: () => ++asked % 2 === 0 })
      },
    }
    const session = await slowed(backend, 0.1).open()
    expect([session.disturbed?.(), session.disturbed?.()]).toEqual([false, true])
    expect(session.memory()).toEqual({ tensorBytes: 0, tensors: 0 })
    const spec = lenet5()
    const trainer = await session.compile(
      spec,
      plan,
      initialWeights(spec, { seed: 1, scheme: 'pytorch' }),
    )
    await trainer.step(toBatch(samples(spec, 8)))
    expect((await trainer.save()).step).toBe(1)
    expect(await trainer.predict(new Uint8Array(784))).toHaveLength(10)
    await session.close()
    expect('disturbed' in (await slowed(nullBackend(), 0.1).open())).toBe(false)
  })
})
