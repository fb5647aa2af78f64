// A run that an earlier version wrote. Every later version opens it, evaluates it and resumes it to
// the same bytes.
import { sha256 } from '@mnist-lab/data'
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { decodeCheckpoint, encodeCheckpoint } from '../src/index.js'
import { continuedRun, evaluateRun, evaluationSource, openRun, runTraining } from '../src/node.js'

const GOLDEN = fileURLToPath(new URL('../../../tests/golden/run', import.meta.url))

/**
 * The weights after a third epoch on fused-simd128, as the version that wrote the run computed
 * them.
 */
const THIRD_EPOCH = '9d7a5c98f521ab851bb12dd0a879135dbc85cc05ee9771f61b7c5d0e2c148717'

const signal = new AbortController().signal
let folder: string
beforeAll(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'mnist-golden-')), 'run')
  await cp(GOLDEN, folder, { recursive: true })
})
afterAll(() => rm(join(folder, '..'), { recursive: true }))

test('opens, and its checkpoint is encoded to the same bytes', async () => {
  const { run, spec, weights, checkpoint } = await openRun(folder)
  expect([run.status, run.epochs.length, spec.name]).toEqual(['completed', 2, 'tiny'])
  expect(weights).toEqual(checkpoint!.state.weights)
  const bytes = await readFile(join(folder, 'checkpoint.safetensors'))
  expect(Buffer.from(encodeCheckpoint(decodeCheckpoint(bytes, 'golden'))).equals(bytes)).toBe(true)
})

test('is evaluated with the accuracy that it recorded', async () => {
  const { run } = await openRun(folder)
  const evaluation = await evaluateRun(
    folder,
    evaluationSource({ backend: 'fused-simd128' }, signal),
  )
  const { confusion = [], dataset } = evaluation
  const { samples, classNames } = dataset
  const right = classNames.reduce((sum, _, at) => sum + confusion[at * 11]!, 0)
  expect(right / samples).toBe(run.epochs.at(-1)!.validation!.accuracy)
  expect(evaluation.train.samples).toBe(320)
})

test('resumes to the same weights, and its curves and figures continue', async () => {
  const before = await openRun(folder)
  const nothing = () => undefined
  const view = { start: nothing, event: nothing, end: nothing, warn: nothing, clear: nothing }
  const setup = await continuedRun(folder, { backend: 'fused-simd128', epochs: 3 })
  const run = await runTraining(setup, view, signal)
  expect(run.epochs.slice(0, 2)).toEqual(before.run.epochs)
  expect(await sha256(await readFile(join(folder, 'weights.safetensors')))).toBe(THIRD_EPOCH)
  expect(run.dataset).toEqual(before.run.dataset)
  expect(await readdir(join(folder, 'train'))).toHaveLength(2)
})
