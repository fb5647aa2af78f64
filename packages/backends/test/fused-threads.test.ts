import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { initialWeights, lenet5 } from '@mnist-lab/models'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type SpawnThread, type ThreadHandle } from '../src/fused.js'
import { BackendError, type Session } from '../src/index.js'
import { fused } from '../src/node.js'
import { spawnScript, spawnThread } from '../src/node/fused.js'
import { plan, samples, toBatch } from '../src/testing/samples.js'

const unhandled: unknown[] = []
const note = (reason: unknown) => unhandled.push(reason)
beforeEach(() => {
  unhandled.length = 0
  process.on('unhandledRejection', note)
})
afterEach(async () => {
  // Node.js reports a rejection that nobody awaits after the microtasks.
  await new Promise((resolve) => setTimeout(resolve, 5))
  process.off('unhandledRejection', note)
  if (unhandled.length > 0) throw new Error('nobody awaited', { cause: unhandled[0] })
})

/** Creates a thread that answers a given number of messages, and then fails or stays silent. */
class FakeThread implements ThreadHandle {
  terminated = false
  #ready = () => {}
  #failed: (error: unknown) => void = () => {}
  readonly #then: 'fail' | 'be silent'
  #answers: number

  constructor(answers: number, then: 'fail' | 'be silent' = 'fail') {
    this.#answers = answers
    this.#then = then
  }

  readonly post: ThreadHandle['post'] = ({ type }) => {
    if (type === 'wait') return
    this.#answers -= 1
    queueMicrotask(() => {
      if (this.#answers >= 0) this.#ready()
      else if (this.#then === 'fail') this.#failed(new Error('out of answers'))
    })
  }
  readonly onReady: ThreadHandle['onReady'] = (listener) => {
    this.#ready = listener
  }
  readonly onError: ThreadHandle['onError'] = (listener) => {
    this.#failed = listener
  }
  readonly hold = () => undefined
  readonly terminate = async () => {
    this.terminated = true
  }
}

const spec = lenet5()
const weights = initialWeights(spec, { seed: 1, scheme: 'glorot' })
const compile = (session: Session) => session.compile(spec, { ...plan, batchSize: 32 }, weights)

async function expectOneThread(spawn: SpawnThread, reason: string): Promise<void> {
  const session = await fused({ threads: 3, build: 'simd128', spawn }).open()
  expect(session.info).toMatchObject({
    threads: 1,
    notes: [expect.stringMatching(new RegExp(`one thread instead of 3: .*${reason}`))],
  })
  const trainer = await compile(session)
  expect((await trainer.step(toBatch(samples(spec, 32)))).loss).toBeGreaterThan(0)
  await session.close()
}

describe('if a thread cannot start, one thread runs and a note says why:', () => {
  test('the first thread cannot be created', async () => {
    await expectOneThread(() => {
      throw new Error('no workers here')
    }, 'no workers here')
  })

  test('the second thread cannot be created, and the first is ended', async () => {
    const first = new FakeThread(9)
    let count = 0
    await expectOneThread(() => {
      count += 1
      if (count === 2) throw new Error('no more workers')
      return first
    }, 'no more workers')
    expect(first.terminated).toBe(true)
  })

  test('one thread fails before it answers, and both are ended', async () => {
    const threads = [new FakeThread(1), new FakeThread(0)]
    const left = [...threads]
    await expectOneThread(() => left.shift()!, 'out of answers')
    expect(threads.map(({ terminated }) => terminated)).toEqual([true, true])
  })

  test('the script of the thread is missing', async () => {
    const nowhere = new URL('no-such-script.js', import.meta.url)
    await expectOneThread(() => spawnScript(nowhere), 'no-such-script')
  })

  test('the script of the thread ends at once', async () => {
    await expectOneThread(() => spawnScript(new URL('data:text/javascript,')), 'exit code 0')
  })
})

test('a program lives until the threads that did not start have ended', () => {
  // As in a bundle of ES modules, which does not have the thread's script beside it.
  const script = fileURLToPath(new URL('fixtures/thread-without-script.mjs', import.meta.url))
  const printed = execFileSync(process.execPath, [script], { encoding: 'utf8' })
  expect(printed).toMatch(
    /^1 one thread instead of 2: a thread failed \(Cannot find module .*\)\n$/,
  )
})

test('one thread runs under permissions of Node.js that allow no others, and the note says so', () => {
  // Node.js 20 calls the flag experimental, and later versions know both names.
  const flags = ['--experimental-permission', '--allow-fs-read=*', '--no-warnings']
  const program = `import('@mnist-lab/backends/node').then(async ({ fused }) => {
    const session = await fused({ threads: 2 }).open()
    console.log(session.info.threads, ...session.info.notes)
    await session.close()
  })`
  const printed = execFileSync(process.execPath, [...flags, '-e', program], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    encoding: 'utf8',
  })
  expect(printed).toMatch(/^1 one thread instead of 2: the permissions .* --allow-worker\n$/)
})

test('a thread that fails when it gets a program makes compile fail, and close returns', async () => {
  const threads: FakeThread[] = []
  const spawn = () => {
    const thread = new FakeThread(1)
    threads.push(thread)
    return thread
  }
  const session = await fused({ threads: 3, build: 'simd128', spawn }).open()
  expect(session.info.threads).toBe(3)
  const failing = [compile(session), compile(session)]
  for (const one of failing) await expect(one).rejects.toThrow(/a thread failed \(out of answers\)/)
  await expect(compile(session)).rejects.toBeInstanceOf(BackendError)
  expect(session.memory().tensors).toBe(0)
  await session.close()
  expect(threads.every(({ terminated }) => terminated)).toBe(true)
})

test('after a thread was killed, compile and steps fail in one line, and close frees the memory', async () => {
  const threads: ThreadHandle[] = []
  const spawn = () => {
    threads.push(spawnThread())
    return threads.at(-1)!
  }
  const session = await fused({ threads: 2, build: 'simd128', spawn }).open()
  const trainer = await compile(session)
  const batch = toBatch(samples(spec, 32))
  await trainer.step(batch)
  // A thread that is killed while a program is being added never answers.
  const adding = compile(session)
  await threads[0]!.terminate()
  await expect(adding).rejects.toThrow(
    /^backend fused: a thread failed \(it ended with exit code 1\); open the backend again/,
  )
  await expect(compile(session)).rejects.toBeInstanceOf(BackendError)
  await expect(trainer.step(batch)).rejects.toBeInstanceOf(BackendError)
  trainer.dispose()
  await session.close()
  expect(session.memory()).toMatchObject({ tensors: 0, reservedBytes: 0 })
})

test('close returns while threads have not answered yet', async () => {
  const spawn = () => new FakeThread(1, 'be silent')
  const session = await fused({ threads: 2, build: 'simd128', spawn }).open()
  const pending = compile(session)
  await Promise.resolve()
  await session.close()
  await expect(pending).rejects.toThrow('its threads were closed')
})

test.each(['one session', 'many sessions'])(
  'disposed trainers free the memory that two threads share: %s',
  (mode) => {
    const script = fileURLToPath(new URL('fixtures/memory-cycles.mjs', import.meta.url))
    const printed = execFileSync(process.execPath, [script, mode], { encoding: 'utf8' })
    const { bytes, grown } = JSON.parse(printed) as { bytes: number; grown: number }
    expect(bytes).toBeGreaterThan(200e6)
    expect(grown).toBeLessThan(bytes / 4)
  },
)
