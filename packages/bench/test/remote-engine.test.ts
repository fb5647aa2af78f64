// These tests run remote engines in this process, without a foreign program. What comes back is
// what a backend of this process gives, and wrong answers are errors of one line.
import type { Backend, Batch } from '@mnist-lab/backends'
import { backendByName } from '@mnist-lab/backends/node'
import { batchAt } from '@mnist-lab/data'
import { initialWeights, lenet5 } from '@mnist-lab/models'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CellReport, CellRequest, OkReport } from '../src/measure/cell-report.js'
import { sameBits } from '../src/measure/parity.js'
import type { RemoteLink } from '../src/node/runtimes/remote/link.js'
import { backendOver, type RemoteTrainer } from '../src/node/runtimes/remote/remote-backend.js'
import { runRemoteCell } from '../src/node/runtimes/remote/remote-cell.js'
import { floatsFromBase64, fromBase64, numbersToBase64, toBase64 } from '../src/remote/base64.js'
import { remoteBackend } from '../src/remote/remote-backends.js'
import { RemoteEngine } from '../src/remote/remote-engine.js'
import { dataset } from './fixtures/reports.js'

const spec = lenet5()
const plan = {
  loss: 'softmaxCrossEntropy',
  batchSize: 8,
  seed: 1,
  optimizer: { learningRate: 0.01, momentum: 0.9, weightDecay: 0 },
} as const
const weights = initialWeights(spec, { seed: 1, scheme: 'pytorch' })

const samples = dataset('made up', 40)
const batch = (at: number) =>
  batchAt(
    samples,
    Uint32Array.from({ length: 8 }, (_, i) => at + i),
  )

/** Returns a link to a remote engine in this process. */
function linkHere(
  change: (line: string, request: { readonly type: string }) => string = (line) => line,
): RemoteLink & { readonly requests: string[] } {
  const engine = new RemoteEngine(async (name) => remoteBackend(name))
  const requests: string[] = []
  return {
    requests,
    async ask(line) {
      const request = JSON.parse(line) as { type: string }
      requests.push(request.type)
      return change(await engine.answer(line), request)
    },
    async close() {},
  }
}

/** Trains two batches, evaluates one, predicts one image, and returns everything. */
async function trained(backend: Backend) {
  const session = await backend.open()
  const trainer = await session.compile(spec, plan, weights)
  const losses = [await trainer.step(batch(0)), await trainer.step(batch(8), 0.02)]
  const evaluated = await trainer.evaluate(batch(16))
  const predicted = await trainer.predict(samples.images.subarray(0, 784))
  const state = await trainer.save()
  const again = await session.compile(spec, plan, weights)
  await again.load(state)
  const next = await again.step(batch(24))
  const memory = session.memory()
  again.dispose()
  await session.close()
  return { info: session.info, losses, evaluated, predicted, state, next, memory }
}

describe('a remote backend', () => {
  test.each(['fused-simd128', 'cpu'])('gives the same bits as %s in this process', async (name) => {
    expect(await trained(backendOver(linkHere(), name))).toEqual(await trained(backendByName(name)))
  })

  test('passes on images that have no copy function', async () => {
    const samples = batch(0)
    const plain: Batch = {
      size: samples.size,
      labels: samples.labels,
      writeImages: (target, table) => samples.writeImages(target, table),
    }
    const loss = async (backend: Backend) => {
      const trainer = await (await backend.open()).compile(spec, plan, weights)
      return trainer.step(plain)
    }
    expect(await loss(backendOver(linkHere(), 'fused-simd128'))).toEqual(
      await loss(backendByName('fused-simd128')),
    )
  })

  test('fails with the message of the engine, and answers the next request', async () => {
    const backend = backendOver(linkHere(), 'webgl')
    await expect(backend.open()).rejects.toThrow(
      'backend webgl: a remote engine does not have it, expected one of fused, fused-js, cpu',
    )
    const session = await backendOver(linkHere(), 'null').open()
    const trainer = await session.compile(spec, plan, weights)
    await expect(trainer.step({ ...batch(0), pixels: 3 })).rejects.toThrow(
      '8 images need 6272 elements, the target has 24',
    )
    await expect(trainer.step({ ...batch(0), size: 7 })).rejects.toThrow(/has/)
    await expect(trainer.step(batch(0))).resolves.toMatchObject({ correct: 0 })
  })

  test('makes many calls with one message', async () => {
    const link = linkHere()
    const session = await backendOver(link, 'fused-simd128').open()
    const trainer = (await session.compile(spec, plan, weights)) as RemoteTrainer
    const { steps } = trainer.bursts
    await steps.prepare([batch(0), batch(8), batch(16)])
    link.requests.length = 0
    await steps.run()
    expect(link.requests).toEqual(['run'])
    expect((await trainer.save()).step).toBe(3)
  })
})

describe('an answer that is wrong', () => {
  const run = async (change: (line: string, request: { readonly type: string }) => string) => {
    const session = await backendOver(linkHere(change), 'null').open()
    const trainer = await session.compile(spec, plan, weights)
    await trainer.step(batch(0))
    await trainer.predict(samples.images.subarray(0, 784))
    await trainer.save()
  }
  const changed =
    (type: string, key: string, value: unknown) =>
    (line: string, request: { readonly type: string }) =>
      request.type === type
        ? JSON.stringify({ ...(JSON.parse(line) as object), [key]: value })
        : line
  const one = numbersToBase64(Float64Array.of(1))

  test.each([
    ['no JSON', () => 'hello', /its answer to open is not JSON/],
    ['nothing', () => '', /its answer to open is not JSON/],
    ['null', () => 'null', /its answer to open has a wrong form/],
    ['too deep', () => '['.repeat(100), /its answer to open is nested too deeply/],
    ['no info', changed('open', 'info', undefined), /its answer to open has a wrong info/],
    ['no threads', changed('open', 'info', { backend: 'x' }), /has a wrong info\.versions/],
    ['a wrong trainer', changed('compile', 'trainer', -1), /has a wrong trainer/],
    ['no base64', changed('run', 'losses', '%'), /its answer to run has a wrong losses/],
    ['too few losses', changed('run', 'losses', ''), /its losses have 0 bytes, expected 8/],
    ['half a loss', changed('run', 'losses', one.slice(0, 4)), /its losses have 3 bytes/],
    ['too many results', changed('run', 'correct', [1, 2]), /answers for 2 batches, expected 1/],
    ['other outputs', changed('predict', 'outputs', one), /outputs have 8 bytes, expected 40/],
    ['no state', changed('save', 'state', {}), /its answer to save has a wrong state\.weights/],
    [
      'a tensor too few',
      changed('save', 'state', { weights: [''], optimizer: { velocity: [] }, step: 1 }),
      /its state has 1 tensors, expected 10/,
    ],
    [
      'a failure with control characters',
      () => JSON.stringify({ failed: '\u001b[2J broken' }),
      /^\\u\{1b\}\[2J broken$/,
    ],
  ])('is an error: %s', async (_, change, message) => {
    await expect(run(change)).rejects.toThrow(message)
  })
})

describe('a cell of a remote engine', () => {
  const request: CellRequest = {
    backend: 'fused-simd128@somewhere',
    model: 'lenet5',
    batchSize: 8,
    purpose: 'measure',
    repetition: 1,
    seed: 1,
    budget: { steps: 2 },
    exactThreads: false,
    plain: false,
  }
  const loadData = async () => ({ train: dataset('train', 100), test: dataset('test', 40) })
  const run = (change: Partial<CellRequest>, link: RemoteLink = linkHere()): Promise<CellReport> =>
    runRemoteCell(
      { ...request, ...change },
      new AbortController().signal,
      async () => link,
      { name: 'Somewhere', version: '1', notes: ['a note'] },
      loadData,
    )

  test('is measured as any other, and says whose clock it was', async () => {
    const report = (await run({})) as OkReport
    expect(report).toMatchObject({
      status: 'ok',
      info: { backend: 'fused-simd128', simd: 'simd128' },
      runtime: { name: 'Somewhere', version: '1', clock: 'host' },
      timings: { steps: [expect.any(Number), expect.any(Number)], trainSamples: 100 },
    })
    expect(report.runtime!.notes).toEqual([
      expect.stringMatching(/^the clock of the bench timed (\d+ steps at once|each step)$/),
      'a note',
    ])
    const here = (await run({ purpose: 'reference' })) as OkReport
    expect(sameBits(report.trace!.weights, here.trace!.weights)).toBe(true)
  })

  test('is not profiled, slowed down or trained to an accuracy', async () => {
    for (const change of [
      { purpose: 'profile' },
      { purpose: 'accuracy', accuracy: { target: 0.5, maxEpochs: 1 } },
      { slowDown: 0.1 },
    ] as const)
      expect(await run(change)).toMatchObject({ status: 'unavailable' })
  })

  test('closes its program, also when the measurement fails', async () => {
    let closed = 0
    const link = (): RemoteLink => ({
      ...linkHere((line, { type }) => (type === 'save' ? 'broken' : line)),
      async close() {
        closed++
      },
    })
    await expect(run({}, link())).rejects.toThrow('its answer to save is not JSON')
    expect(closed).toBe(1)
  })
})

test('base64 keeps all bytes, and is that of the system', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
      const text = toBase64(bytes)
      expect(text).toBe(Buffer.from(bytes).toString('base64'))
      expect(fromBase64(text)).toEqual(bytes)
    }),
  )
  const long = Uint8Array.from({ length: 100_000 }, (_, i) => i % 251)
  expect(fromBase64(toBase64(long))).toEqual(long)
  const floats = Float32Array.of(1.5, -0, NaN, Infinity, 1e-45)
  expect(floatsFromBase64(numbersToBase64(floats))).toEqual(floats)
})
