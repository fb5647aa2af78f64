import { Worker } from 'node:worker_threads'
import { FIRST_ADDRESS, HEADER } from '@mnist-lab/kernels'
import { initialWeights, lenet5 } from '@mnist-lab/models'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SpawnThread, ThreadHandle } from '../src/fused.js'
import { compileProgram } from '../src/fused/program.js'
import { receiveAnswer, type ThreadAnswer } from '../src/fused/threads.js'
import { BackendError, type Session, type Trainer } from '../src/index.js'
import { fused } from '../src/node.js'
import { spawnThread } from '../src/node/fused.js'
import { plan, samples, toBatch } from '../src/testing/samples.js'

// A thread that dies must never make a caller wait for ever. The tests assert no time. A caller
// that waits for ever in WebAssembly blocks this process, so that no time limit of a test applies.
// Therefore another thread ends the process when the tests of this file take too long.
let watchdog: Worker
beforeAll(() => {
  const code = `setTimeout(() => process.kill(process.pid, 'SIGKILL'), 240_000)`
  watchdog = new Worker(code, { eval: true })
  watchdog.unref()
})
afterAll(() => watchdog.terminate())

const spec = lenet5()
const weights = initialWeights(spec, { seed: 1, scheme: 'glorot' })
/** The pass is long enough for a helper thread to wake up in it. */
const batchSize = 400
const batch = toBatch(samples(spec, batchSize))
const compile = (session: Session) => session.compile(spec, { ...plan, batchSize }, weights)

/** A thread that tells the test the memory that it gets. */
interface WatchedThread extends ThreadHandle {
  readonly memory: () => WebAssembly.Memory
}

function watched(thread: ThreadHandle): WatchedThread {
  let memory: WebAssembly.Memory
  return {
    ...thread,
    post: (message) => {
      if (message.type === 'add') memory = message.memory
      thread.post(message)
    },
    memory: () => memory,
  }
}

async function openWatched(
  threads: number,
): Promise<{ readonly session: Session; readonly helpers: readonly WatchedThread[] }> {
  const helpers: WatchedThread[] = []
  const spawn = () => {
    helpers.push(watched(spawnThread()))
    return helpers.at(-1)!
  }
  const session = await fused({ threads, build: 'simd128', spawn }).open()
  expect(session.info).toMatchObject({ threads, notes: [] })
  return { session, helpers }
}

/** Trains until a step fails, and returns the error. */
async function failureOf(trainer: Trainer): Promise<unknown> {
  for (;;) {
    try {
      await trainer.step(batch)
    } catch (error) {
      return error
    }
  }
}

/** Checks that every call fails with the same error, and that `close` frees the memory. */
async function expectUnusable(session: Session, trainer: Trainer, reason: RegExp): Promise<void> {
  const calls: readonly (() => Promise<unknown>)[] = [
    () => trainer.step(batch),
    () => trainer.step(toBatch(samples(spec, 1))),
    () => trainer.evaluate(batch),
    () => trainer.predict(samples(spec, 1).images),
    () => compile(session),
  ]
  for (const call of calls) {
    const error = await call().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(BackendError)
    expect(String(error)).toMatch(/^BackendError: backend fused: a thread failed \(/)
    expect(String(error)).toMatch(reason)
    expect(String(error)).toContain('open the backend again')
  }
  trainer.dispose()
  await session.close()
  expect(session.memory()).toMatchObject({ tensors: 0, reservedBytes: 0 })
}

/** Makes the helper threads of a program trap, by operands of which each thread has its own. */
function corruptHelpers(memory: WebAssembly.Memory, threads: number): void {
  const { plan: places } = compileProgram(
    spec,
    { ...plan, batchSize },
    { block: 8, threads, convolutions: 'winograd' },
  )
  const words = new Int32Array(memory.buffer)
  const owned = places.memory.buffers.filter((buffer) => buffer.scope === 'thread')
  let corrupted = 0
  for (const { address, stride } of owned) {
    for (let at = FIRST_ADDRESS / 4; at + 1 < words.length; at++) {
      if (words[at] !== address || words[at + 1] !== stride) continue
      words[at + 1] = 0x7000_0000
      corrupted += 1
    }
  }
  expect(corrupted).toBeGreaterThan(0)
}

describe.each([2, 3])('with %i threads, calls fail in one line after a helper', (threads) => {
  test('was ended before the first pass', async () => {
    const { session, helpers } = await openWatched(threads)
    const trainer = await compile(session)
    await helpers[0]!.terminate()
    await failureOf(trainer)
    await expectUnusable(session, trainer, /ended with exit code 1/)
  })

  test('was ended between two passes, and the state can still be saved', async () => {
    const { session, helpers } = await openWatched(threads)
    const trainer = await compile(session)
    await trainer.step(batch)
    await helpers.at(-1)!.terminate()
    await expect(trainer.evaluate(batch)).rejects.toThrow('a thread failed')
    expect((await trainer.save()).step).toBe(1)
    await expectUnusable(session, trainer, /ended with exit code 1/)
  })

  test('trapped in a pass, and the torn state cannot be saved', async () => {
    const { session, helpers } = await openWatched(threads)
    const trainer = await compile(session)
    await trainer.step(batch)
    corruptHelpers(helpers[0]!.memory(), threads)
    const error = await failureOf(trainer)
    await expect(trainer.save()).rejects.toBe(error)
    await expectUnusable(session, trainer, /out of bounds/)
  })
})

/** Starts a thread that another thread ends in the middle of a pass. */
const spawnDoomed: SpawnThread = () => {
  const keeper = new Worker(new URL('fixtures/ended-in-a-pass.mjs', import.meta.url), {
    execArgv: [],
    workerData: {
      script: new URL('../dist/node/fused-thread.js', import.meta.url).href,
      inside: FIRST_ADDRESS / 4 + HEADER.inside,
    },
  })
  let ready = () => {}
  let failed: (error: unknown) => void = () => {}
  keeper.on('message', ({ answer, code }: { answer?: ThreadAnswer; code?: number }) =>
    answer === undefined
      ? failed(new Error(`the keeper saw it end with exit code ${code}`))
      : receiveAnswer(answer, ready, failed),
  )
  return {
    post: (message) => keeper.postMessage(message),
    onReady: (listener) => {
      ready = listener
    },
    onError: (listener) => {
      failed = listener
    },
    hold: (on) => (on ? keeper.ref() : keeper.unref()),
    terminate: async () => {
      await keeper.terminate()
    },
  }
}

test('calls fail in one line after another thread has ended a helper in the middle of a pass', async () => {
  const session = await fused({ threads: 2, build: 'simd128', spawn: spawnDoomed }).open()
  expect(session.info).toMatchObject({ threads: 2, notes: [] })
  const trainer = await compile(session)
  await failureOf(trainer)
  await expectUnusable(session, trainer, /the keeper saw it end with exit code 1/)
})

test('calls that are waiting for a pass fail with it, and none waits for ever', async () => {
  const { session, helpers } = await openWatched(2)
  const trainer = await compile(session)
  corruptHelpers(helpers[0]!.memory(), 2)
  const outcomes: string[] = []
  while (!outcomes.includes('rejected')) {
    const calls = [trainer.step(batch), trainer.evaluate(batch), trainer.save(), compile(session)]
    const settled = await Promise.allSettled(calls)
    outcomes.push(...settled.map(({ status }) => status))
  }
  await expectUnusable(session, trainer, /out of bounds/)
})

test('a session can be closed while a pass waits for a dead helper', async () => {
  const { session, helpers } = await openWatched(2)
  const trainer = await compile(session)
  corruptHelpers(helpers[0]!.memory(), 2)
  const failing = failureOf(trainer)
  await session.close()
  expect(await failing).toBeInstanceOf(BackendError)
  expect(session.memory()).toMatchObject({ tensors: 0, reservedBytes: 0 })
})

test('a trap of the calling thread ends the helpers, which wait for its work', async () => {
  const { session, helpers } = await openWatched(2)
  const trainer = await compile(session)
  const words = new Int32Array(helpers[0]!.memory().buffer)
  const header = FIRST_ADDRESS / 4
  await trainer.step(batch)
  // The first operand of the first block command gets an address beyond the memory.
  words[words[header + HEADER.blockCommands]! / 4 + 1] = 0x7fff_0000
  await expect(trainer.step(batch)).rejects.toThrow('out of bounds')
  await expectUnusable(session, trainer, /out of bounds/)
})
