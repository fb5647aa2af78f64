// This test trains in the Worker, which is ended in between, and compares the bytes with Node.js.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { fused } from '@mnist-lab/backends/fused'
import { batches, datasetFromIdx, epochOrder, readIdx } from '@mnist-lab/data'
import { initialWeights, lenet5, writeSafetensors } from '@mnist-lab/models'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { workerd } from '../../packages/bench/src/node/runtimes/remote/workerd.ts'

const FOLDER = fileURLToPath(new URL('../worker/', import.meta.url))
const FILES = ['worker.js', 'wrangler.jsonc', 'prepare.js']
const SHARDS = 2

const found = await workerd.find()
const required = (process.env['REQUIRE_RUNTIMES'] ?? '').split(',').includes('workerd')

/** A copy of the example, so that the test does not end a training of the user's. */
let copy: string

async function ended(program: ChildProcess): Promise<void> {
  const exit = once(program, 'exit')
  program.kill('SIGKILL')
  await exit
}

/** Starts workerd as the page says, on a free port, and gives its address to some work. */
async function withWorker<T>(work: (url: string) => Promise<T>): Promise<T> {
  expect(found).toMatchObject({ ok: true })
  const args = ['serve', 'wrangler.jsonc', '--experimental']
  const program = spawn(
    found.ok ? found.path : '',
    [...args, '--socket-addr=http=127.0.0.1:0', '--control-fd=3'],
    { cwd: copy, stdio: ['ignore', 'inherit', 'inherit', 'pipe'] },
  )
  try {
    const [line] = (await once(program.stdio[3] as Readable, 'data')) as [Buffer]
    const { port } = JSON.parse(line.toString().split('\n')[0]!) as { port: number }
    return await work(`http://127.0.0.1:${port}`)
  } finally {
    await ended(program)
  }
}

interface Answer {
  readonly step: number
  readonly pass: number
  readonly passes: number
  readonly loss?: number
  readonly finished: boolean
}

async function train(url: string, steps: number): Promise<Answer> {
  const response = await fetch(`${url}/train?steps=${steps}`, { method: 'POST' })
  const text = await response.text()
  expect(response.status, text).toBe(200)
  return JSON.parse(text) as Answer
}

/** Returns the weights after all shards in one piece, in Node.js, as a file. */
async function uninterrupted(): Promise<Uint8Array> {
  const spec = lenet5()
  const optimizer = { learningRate: 0.01, momentum: 0.9, weightDecay: 0 }
  const plan = { loss: 'softmaxCrossEntropy', batchSize: 32, seed: 1, optimizer } as const
  const session = await fused({ build: 'simd128' }).open()
  const weights = initialWeights(spec, { seed: 1, scheme: 'pytorch' })
  const trainer = await session.compile(spec, plan, weights)
  for (let shard = 0; shard < SHARDS; shard++) {
    const [images, labels] = await Promise.all(
      ['images', 'labels'].map(async (kind) => {
        const file = join(copy, 'build', 'shards', `${shard}-${kind}.idx`)
        return readIdx(await readFile(file), file)
      }),
    )
    const samples = datasetFromIdx(`shard ${shard}`, images!, labels!)
    const order = epochOrder(samples.count, plan.seed, shard + 1)
    for (const batch of batches(samples, order, plan.batchSize)) await trainer.step(batch)
  }
  const { weights: trained } = await trainer.save()
  await session.close()
  return writeSafetensors(trained, { model: spec.name })
}

describe.skipIf(!found.ok && !required)('the Worker', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    // The packages are found from there, as from the example's own folder.
    copy = await mkdtemp(fileURLToPath(new URL('../worker-test-', import.meta.url)))
    for (const file of FILES) await copyFile(join(FOLDER, file), join(copy, file))
    const prepared = spawn(process.execPath, [join(copy, 'prepare.js'), String(SHARDS)])
    const [code] = (await once(prepared, 'exit')) as [number | null]
    if (code !== 0) throw new Error(`prepare.js ended with exit code ${code}`)
  })
  afterAll(() => rm(copy, { recursive: true, force: true }))

  test('continues after it was ended, and gives the bytes of a training in one piece', async () => {
    const first = await withWorker(async (url) => {
      const overlapping = await Promise.all([train(url, 10), train(url, 9)])
      expect(overlapping.map(({ step }) => step)).toEqual([10, 19])
      const refused = await fetch(`${url}/train?steps=1e9`, { method: 'POST' })
      expect(await refused.text()).toBe('steps: expected 1 to 200, got 1e9\n')
      return train(url, 5)
    })
    expect(first).toMatchObject({ step: 24, pass: 1, passes: SHARDS, finished: false })
    const weights = await withWorker(async (url) => {
      // A request ends with its shard, here after 32 steps.
      expect(await train(url, 200)).toMatchObject({ step: 32, pass: 2, finished: false })
      expect(await train(url, 20)).toMatchObject({ step: 52, pass: 2, finished: false })
      expect(await train(url, 12)).toMatchObject({ step: 64, pass: 3, finished: true })
      expect(await train(url, 12)).toMatchObject({ step: 64, finished: true })
      return new Uint8Array(await (await fetch(`${url}/weights`)).arrayBuffer())
    })
    expect(weights).toEqual(await uninterrupted())
  })

  test('forgets everything on request, and says where a file is missing', async () => {
    await withWorker(async (url) => {
      await fetch(`${url}/reset`, { method: 'POST' })
      expect((await fetch(`${url}/weights`)).status).toBe(404)
      await rm(join(copy, 'build', 'shards', '0-images.idx'))
      const response = await fetch(`${url}/train`, { method: 'POST' })
      expect(await response.text()).toContain('0-images.idx is missing (404)')
    })
  })
})
