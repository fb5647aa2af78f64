// These tests run the built program with peers and in turns, with real processes. The tests of
// PyTorch run if python3, or the Python that PYTHON names, imports torch. With REQUIRE_TORCH=1 they
// fail if it does not.
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { benchResultSchema } from '@mnist-lab/bench'
import { findTorch } from '@mnist-lab/bench/node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bench } from './support/program.ts'

const python = await findTorch(process.env['PYTHON'], new AbortController().signal)

let folder: string
let temporary: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peers-'))
  temporary = join(folder, 'tmp')
  await mkdir(temporary)
})
afterAll(() => rm(folder, { recursive: true }))

/**
 * Runs the program.
 *
 * @param interruptOn the text in stderr on which Ctrl-C is sent
 */
const run = (args: readonly string[], interruptOn?: RegExp) =>
  bench(args, {
    environment: { TMPDIR: temporary, TEMP: temporary },
    ...(interruptOn === undefined ? {} : { interruptOn }),
  })
const turns = (args: readonly string[], interruptOn?: RegExp) =>
  run(['--turns', ...args], interruptOn)

/** Removes the lines about progress and about a busy machine. */
const errors = (stderr: string) => stderr.replace(/^(\[|⚠).*\n/gm, '')

const read = async (file: string) =>
  benchResultSchema.parse(JSON.parse(await readFile(file, 'utf8')))

describe('the program in turns', () => {
  test('measures backends and writes all samples', async () => {
    const out = join(folder, 'a.json')
    const { code, stdout, stderr } = await turns([
      '--setups=fused,wasm',
      '--models=custom-mlp',
      '--batches=8',
      '--rounds=2',
      '--seconds=0.01',
      `--out=${out}`,
    ])
    expect({ code, stderr: errors(stderr) }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^wasm:1 +custom-mlp +8 .* ✓ /m)
    const { cells, protocol } = await read(out)
    expect(protocol).toMatchObject({ mode: 'turns', baseline: 'fused:1' })
    expect(cells).toMatchObject([
      { backend: 'fused', askedThreads: 1, model: 'custom-mlp', batchSize: 8, status: 'ok' },
      { backend: 'wasm', askedThreads: 1, model: 'custom-mlp', batchSize: 8, status: 'ok' },
    ])
    for (const cell of cells) {
      if (cell.status !== 'ok') continue
      expect(cell.parity.losses).toHaveLength(20)
      expect(cell.step.samplesPerRepetition).toHaveLength(2)
      expect(Math.min(...cell.step.samplesMs)).toBeGreaterThan(0)
    }
    expect(await readdir(temporary)).toEqual([])
  })

  test('continues without PyTorch, says how to get it, and ends with 2 if it was asked for by name', async () => {
    const { code, stdout, stderr } = await turns([
      '--setups=fused,torch:1',
      '--batches=8',
      '--rounds=1',
      '--seconds=0.01',
      '--python=no-such-python',
    ])
    expect(errors(stderr)).toMatch(
      /^no-such-python -c "import torch" fails; .*pip install torch.*\n$/,
    )
    expect(stdout).toMatch(/^fused:1 +lenet5 +8 +\d/m)
    expect(stdout).toMatch(/^torch:1 +lenet5 +8 +unavailable: /m)
    expect(code).toBe(2)
  })

  test('keeps what had finished on Ctrl-C, and leaves no other files or processes', async () => {
    const out = join(folder, 'b.json')
    const { code } = await turns(
      ['--setups=fused', '--batches=8,9', '--rounds=2', '--seconds=0.01', `--out=${out}`],
      /^\[1\/2\] lenet5, batch 8/m,
    )
    expect(code).toBe(130)
    expect(await readdir(temporary)).toEqual([])
    const { status, cells } = await read(out)
    expect({ status, batches: cells.map(({ batchSize }) => batchSize) }).toEqual({
      status: 'interrupted',
      batches: [8],
    })
  })

  test('takes peers of any kind beside backends', async () => {
    const { code, stdout } = await turns([
      '--backend=fused',
      '--peer=tfjs-stock',
      '--model=custom-mlp',
      '--batch=4',
      '--rounds=1',
      '--steps=5',
    ])
    expect(stdout).toMatch(/^tfjs-stock:1 +custom-mlp +4 .* ✓ loss/m)
    expect(code).toBe(0)
  })
})

describe('PyTorch in turns', () => {
  test.runIf(process.env['REQUIRE_TORCH'] === '1')('is there', () => {
    expect(python, 'no Python imports torch').toBeDefined()
  })

  test.runIf(python !== undefined)(
    'computes what we compute, in either layout of its memory',
    async () => {
      const out = join(folder, 'c.json')
      const { code, stderr } = await turns([
        '--setups=fused,torch:1,torch-nhwc:1',
        '--models=all',
        '--batches=5',
        '--rounds=1',
        '--seconds=0.01',
        `--python=${python}`,
        `--out=${out}`,
      ])
      expect({ code, stderr: errors(stderr) }).toEqual({ code: 0, stderr: '' })
      const { cells } = await read(out)
      expect(cells.map(({ model }) => model)).toEqual(
        ['lenet5', 'custom-mlp', 'lenet5-regularized'].flatMap((name) => [name, name, name]),
      )
      expect(cells.slice(0, 3).map(({ backend }) => backend)).toEqual([
        'fused',
        'torch',
        'torch-nhwc',
      ])
      for (const cell of cells)
        expect(cell).toMatchObject({ status: 'ok', threads: 1, parity: { ok: true } })
      expect(cells[1]).toMatchObject({
        versions: { torch: expect.any(String) as string },
        device: expect.stringContaining('BLAS') as string,
      })
    },
  )
})

/**
 * The time limit in ms of tests that load large libraries several times, possibly on a busy
 * machine.
 */
const SLOW = 400_000

describe('peers in fresh processes', () => {
  const example = fileURLToPath(
    new URL('../../../packages/bench/peers/example.py', import.meta.url),
  )
  const plainPython = spawnSync('python3', ['--version']).status === 0

  const cellsIn = async (file: string) => (await read(file)).cells

  test(
    'TensorFlow.js as it ships is at parity with its own kernels in our executor, with and without convolutions',
    async () => {
      const json = join(folder, 'd.json')
      const { code } = await run([
        '--backend=none',
        '--peer=tfjs-stock',
        '--model=all',
        '--batch=3',
        '--reps=1',
        '--steps=2',
        `--json=${json}`,
      ])
      expect(code).toBe(0)
      const cells = await cellsIn(json)
      expect(cells).toHaveLength(3)
      for (const cell of cells)
        expect(cell).toMatchObject({
          status: 'ok',
          parity: { reference: 'cpu-stock', ok: true, maxWeightDelta: expect.any(Number) },
        })
      expect(cells.map((cell) => cell.status === 'ok' && cell.device)).toEqual([
        expect.stringContaining('on cpu'),
        expect.stringContaining('on wasm'),
        expect.stringContaining('on cpu'),
      ])
      expect((await readdir(temporary)).filter((name) => name.startsWith('bench-'))).toEqual([])
    },
    SLOW,
  )

  test.runIf(process.env['REQUIRE_PYTHON'] === '1')('Python is there', () => {
    expect(plainPython, 'no python3').toBe(true)
  })

  test.runIf(plainPython)(
    'the example of the protocol, in plain Python, is at parity',
    async () => {
      const json = join(folder, 'e.json')
      const { code, stderr } = await run([
        '--backend=none',
        `--peer=mine=python3 ${example}`,
        '--model=custom-mlp',
        '--batch=2',
        '--reps=2',
        '--steps=2',
        `--json=${json}`,
      ])
      expect({ code, stderr: errors(stderr) }).toEqual({ code: 0, stderr: '' })
      expect(await cellsIn(json)).toMatchObject([
        { backend: 'mine', status: 'ok', step: { n: 4 }, parity: { ok: true } },
      ])
    },
  )

  test('a peer that does not start or does not know a request is a row with the reason', async () => {
    const missing = await run([
      '--backend=null',
      '--peer=mine=no-such-program',
      '--reps=1',
      '--steps=2',
    ])
    expect(missing.stdout).toMatch(/^mine +lenet5 +32 +unavailable: spawn no-such-program ENOENT/m)
    expect(missing.code).toBe(2)
    const chatty = await run([
      '--backend=null',
      `--peer=mine=${process.execPath} -p 1`,
      '--reps=1',
      '--steps=2',
    ])
    expect(chatty.stdout).toMatch(
      /^mine +lenet5 +32 +unavailable: its answer to open is 1, expected hello/m,
    )
  })

  const badPeer = fileURLToPath(
    new URL('../../../packages/bench/test/fixtures/bad-peer.mjs', import.meta.url),
  )
  const MODES = ['ansi', 'silent', 'negative', 'weightsOfThreeBytes', 'flood', 'diesInBurst']
  test.each([
    ['in fresh processes', ['--backend=null', '--reps=1']],
    ['in turns', ['--turns', '--backend=fused', '--rounds=2']],
  ])(
    'peers that misbehave are rows with their reasons, and the others are measured: %s',
    async (_, flags) => {
      const json = join(folder, 'bad.json')
      const { code, stdout, stderr } = await run([
        ...flags,
        ...MODES.map((mode) => `--peer=${mode}=${process.execPath} ${badPeer} ${mode}`),
        '--model=custom-mlp',
        '--batch=2',
        '--steps=2',
        '--timeout=3',
        `--json=${json}`,
      ])
      expect(errors(stderr)).toBe('')
      expect(code).toBe(1)
      expect(`${stdout}${stderr}`.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
      const [ours, ...bad] = await cellsIn(json)
      expect(ours).toMatchObject({ status: 'ok' })
      expect(bad.map(({ backend }) => backend).toSorted()).toEqual(MODES.toSorted())
      for (const cell of bad) expect(cell.status).toMatch(/unavailable|failed/)
      expect((await readdir(temporary)).filter((name) => name.startsWith('bench-'))).toEqual([])
    },
    SLOW,
  )

  test.runIf(python !== undefined)(
    'PyTorch is at parity, and tells its phases',
    async () => {
      const json = join(folder, 'f.json')
      const { code } = await run([
        '--backend=none',
        '--peer=torch',
        '--model=all',
        '--batch=5',
        '--reps=1',
        '--steps=2',
        '--profile',
        `--python=${python}`,
        `--json=${json}`,
      ])
      expect(code).toBe(0)
      const cells = await cellsIn(json)
      expect(cells).toHaveLength(3)
      for (const cell of cells) {
        expect(cell).toMatchObject({
          status: 'ok',
          parity: { ok: true, maxWeightDelta: expect.any(Number) },
          memory: { peakRssBytes: expect.any(Number) },
        })
        expect(cell.status === 'ok' && cell.profile?.phases.map(({ phase }) => phase)).toEqual([
          'forward',
          'backward',
          'update',
          'synchronise',
        ])
      }
    },
    SLOW,
  )
})
