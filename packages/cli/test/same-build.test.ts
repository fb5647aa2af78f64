// A run goes on with the backend, the build of the kernels and the threads that it began with. The
// builds are chosen by injection here, as if the run had begun on another version of Node.js.
import { backendByName } from '@mnist-lab/backends/node'
import { runSchema, type RunResult } from '@mnist-lab/train'
import { runTraining } from '@mnist-lab/train/node'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freshRun } from '../src/fresh-run.js'
import { run } from './support/program.js'
import { smallMnist, writeFiles } from './support/small-data.js'

let root: string
let data: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'mnist-cli-'))
  data = await writeFiles(join(root, 'data'), await smallMnist(96, 32))
})
afterAll(() => rm(root, { recursive: true }))

type Build = 'simd128' | 'scalar'
const nothing = () => undefined
const view = { start: nothing, event: nothing, end: nothing, warn: nothing, clear: nothing }

/** Trains a run from the beginning, and returns its folder. */
async function begin(name: string, backend: string, build: Build, epochs: number): Promise<string> {
  const out = join(root, name)
  const { signal } = new AbortController()
  const terminal = { err: { write: nothing }, signal }
  const training = await freshRun('lenet5', { backend, data, epochs, out }, terminal)
  await runTraining({ ...training, backend: backendByName(backend, { build }) }, view, signal)
  return out
}
const runOf = async (folder: string) =>
  runSchema.parse(JSON.parse(await readFile(join(folder, 'run.json'), 'utf8')))
const weightsOf = (folder: string) => readFile(join(folder, 'weights.safetensors'))
const resume = (folder: string, ...flags: string[]) =>
  run(['train', '--resume', folder, '--epochs', '2', ...flags])

/** Changes what `run.json` says of the backend, as if another runtime had begun the run. */
async function pretend(folder: string, changes: Partial<RunResult['backend']>): Promise<void> {
  const before = await runOf(folder)
  await writeFile(
    join(folder, 'run.json'),
    JSON.stringify({ ...before, backend: { ...before.backend, ...changes } }),
  )
}

test.each<[string, Build]>([
  ['fused', 'simd128'],
  ['fused', 'scalar'],
  ['wasm', 'simd128'],
])('a run of %s in the build %s goes on in it, to the same bytes', async (backend, build) => {
  const whole = await begin(`${backend}-${build}-whole`, backend, build, 2)
  const parts = await begin(`${backend}-${build}`, backend, build, 1)
  expect((await resume(parts)).code).toBe(0)
  const ended = await runOf(parts)
  expect(ended.backend).toMatchObject({ backend, simd: build })
  expect(ended).not.toHaveProperty('earlierBuilds')
  expect(await weightsOf(parts)).toEqual(await weightsOf(whole))
})

test.each<[string, Partial<RunResult['backend']>, RegExp]>([
  [
    'a build that no engine has',
    { simd: 'simd1024' },
    /expected fused, simd1024, 1 thread in Node\.js [\d.]+, got fused, \w+, 1 thread in Node\.js [\d.]+; /,
  ],
  [
    'a backend that is gone',
    { backend: 'gone' },
    /expected gone, simd128, 1 thread in Node\.js [\d.]+, got unknown; /,
  ],
  ['other convolutions', { variant: { of: 'fused', options: { convolutions: 'direct' } } }, /; /],
])('%s is refused in one line, unless another build is allowed', async (name, changes, line) => {
  const folder = await begin(name, 'fused', 'simd128', 1)
  const weights = await weightsOf(folder)
  await pretend(folder, changes)
  const { backend: recorded } = await runOf(folder)
  const refused = await resume(folder)
  expect(refused.code).toBe(2)
  expect(refused.stderr).toContain(`${folder}: the run cannot go on as it began`)
  expect(refused.stderr).toContain('add --allow-other-build, which is recorded in run.json\n')
  expect(refused.stderr).toMatch(line)
  expect(refused.stderr.trim().split('\n')).toHaveLength(1)
  expect([(await runOf(folder)).status, await weightsOf(folder)]).toEqual(['completed', weights])
  expect((await resume(folder, '--allow-other-build')).code).toBe(0)
  const { backend, simd, threads } = recorded
  const earlier = [{ backend, simd, threads, untilStep: 3 }]
  expect((await runOf(folder)).earlierBuilds).toEqual(earlier)
  // It stays recorded when the run goes on, now without the flag.
  const again = ['train', '--resume', folder, '--epochs', '3']
  expect((await run(again)).code).toBe(0)
  expect((await runOf(folder)).earlierBuilds).toEqual(earlier)
})

test('another backend that is asked for by name must be allowed too; threads of fused need not', async () => {
  const folder = await begin('by-name', 'fused', 'simd128', 1)
  expect((await resume(folder, '--backend', 'cpu')).stderr).toMatch(
    /expected fused, simd128, 1 thread in Node\.js [\d.]+, got cpu, scalar, 1 thread in Node\.js/,
  )
  // The same build under another name.
  expect((await resume(folder, '--backend', 'fused-simd128', '--threads', '2')).code).toBe(0)
  expect(await runOf(folder)).not.toHaveProperty('earlierBuilds')
})
