import { initialWeights, lenet5, type Weights } from '@mnist-lab/models'
import { describe, expect, test } from 'vitest'
import { type Backend, BackendError, type Session } from '../src/index.js'
import { fused } from '../src/node.js'
import { flat, plan, samples, toBatch } from '../src/testing/samples.js'
import { wasm } from '../src/tfjs/wasm.js'
import { whereAvailable } from './support.js'

const spec = lenet5()
const weights = initialWeights(spec, { seed: 1, scheme: 'glorot' })
const BATCH = 400

/**
 * Runs `work` while WebAssembly gives memory only so many times. Every later construction of a
 * memory and every later growth fails.
 *
 * @returns how many times memory was refused
 */
async function whereMemoryEnds(times: number, work: () => Promise<void>): Promise<number> {
  const { Memory } = WebAssembly
  const grow = Object.getOwnPropertyDescriptor(Memory.prototype, 'grow')!
  let given = 0
  let refused = 0
  const take = () => {
    given += 1
    if (given <= times) return
    refused += 1
    throw new RangeError('the test gives no more memory')
  }
  WebAssembly.Memory = new Proxy(Memory, {
    construct(target, values: [WebAssembly.MemoryDescriptor]) {
      take()
      return new target(...values)
    },
  })
  Object.defineProperty(Memory.prototype, 'grow', {
    ...grow,
    value(this: WebAssembly.Memory, delta: number) {
      take()
      return (grow.value as (delta: number) => number).call(this, delta)
    },
  })
  try {
    await work()
    return refused
  } finally {
    WebAssembly.Memory = Memory
    Object.defineProperty(Memory.prototype, 'grow', grow)
  }
}

/** Opens the backend and notes each result of a run with two trainers. */
async function run(
  backend: Backend,
  results: unknown[],
  opened: (session: Session) => unknown,
): Promise<void> {
  const session = await backend.open()
  opened(session)
  const compile = (batchSize: number) => session.compile(spec, { ...plan, batchSize }, weights)
  const first = await compile(BATCH)
  results.push(await first.step(toBatch(samples(spec, BATCH))))
  const second = await compile(2 * BATCH)
  results.push(await second.evaluate(toBatch(samples(spec, 2 * BATCH))))
  results.push([...(await second.predict(samples(spec, 2 * BATCH).images))])
  results.push(await first.step(toBatch(samples(spec, BATCH))))
}

/** Trains a smaller model, and returns its weights. */
async function trainedSmall(session: Session): Promise<number[]> {
  const trainer = await session.compile(spec, plan, weights)
  for (let step = 0; step < 3; step++) await trainer.step(toBatch(samples(spec, 8, step)))
  const { weights: trained }: { readonly weights: Weights } = await trainer.save()
  trainer.dispose()
  return flat(trained)
}

async function inSession<T>(backend: Backend, use: (session: Session) => Promise<T>): Promise<T> {
  const session = await backend.open()
  try {
    return await use(session)
  } finally {
    await session.close()
  }
}

const backends: Readonly<Record<string, () => Backend>> = {
  fused: () => fused(),
  'fused with two threads': () => fused({ threads: 2 }),
  wasm: () => wasm(),
}

describe.each(Object.entries(backends))('%s', async (_name, create) => {
  await whereAvailable(create(), async () => {
    test('fails in one line at every allocation that fails, and works afterwards', async () => {
      const small = await inSession(create(), trainedSmall)
      const expected: unknown[] = []
      const sessions: Session[] = []
      const keep = (opened: Session) => sessions.push(opened)
      await run(create(), expected, keep)
      await sessions.pop()!.close()
      let failures = 0
      for (let times = 0; ; times++) {
        const results: unknown[] = []
        let error: unknown
        const refused = await whereMemoryEnds(times, async () => {
          error = await run(create(), results, keep).then(
            () => undefined,
            (thrown: unknown) => thrown,
          )
        })
        // What was computed before memory ended is right.
        expect(results).toEqual(expected.slice(0, results.length))
        if (refused === 0) {
          expect(error).toBeUndefined()
          expect(results).toHaveLength(expected.length)
          await sessions.pop()!.close()
          break
        }
        failures += 1
        expect(error).toBeInstanceOf(BackendError)
        expect(String(error)).toMatch(
          /^BackendError: backend (fused|wasm): (WebAssembly cannot get memory|\d+ bytes of memory are not available).*; .+/,
        )
        const session = sessions.pop()
        if (session !== undefined) {
          expect(await trainedSmall(session)).toEqual(small)
          await session.close()
          expect(session.memory().tensors).toBe(0)
        }
        expect(await inSession(create(), trainedSmall)).toEqual(small)
      }
      // Each of the two models needs memory.
      expect(failures).toBeGreaterThanOrEqual(2)
    })
  })
})
