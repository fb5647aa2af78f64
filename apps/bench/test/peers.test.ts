// The built program, with real processes. PyTorch's part runs where python3, or PYTHON, imports torch; REQUIRE_TORCH=1
// makes its absence fail.
import { spawn, spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { benchResultSchema } from '../src/results/result-schema.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findTorch } from '../src/node/peers/commands.js'
import type { PeersResult } from '../src/results/turns-result.js'

const main = fileURLToPath(new URL('../../../apps/bench/dist/peers-main.js', import.meta.url))
const python = await findTorch(process.env['PYTHON'], new AbortController().signal)

let folder: string
let temporary: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peers-'))
  temporary = join(folder, 'tmp')
  await mkdir(temporary)
})
afterAll(() => rm(folder, { recursive: true }))

/** @param interruptOn sends Ctrl-C when stdout has it */
function peers(args: readonly string[], interruptOn?: RegExp): Promise<Ended> {
  return start(main, args, interruptOn)
}

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

function start(program: string, args: readonly string[], interruptOn?: RegExp): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TMPDIR: temporary, TEMP: temporary },
    })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (text: Buffer) => {
      const before = interruptOn?.test(stdout) === true
      stdout += text.toString()
      if (!before && interruptOn?.test(stdout) === true) child.kill('SIGINT')
    })
    child.stderr.on('data', (text: Buffer) => {
      stderr += text.toString()
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
}

const read = async (file: string) => JSON.parse(await readFile(file, 'utf8')) as PeersResult

describe('the program', () => {
  test('measures our engines in turns and writes all samples', async () => {
    const out = join(folder, 'a.json')
    const { code, stdout, stderr } = await peers([
      '--setups=fused,wasm',
      '--models=custom-mlp',
      '--batches=8',
      '--rounds=2',
      '--seconds=0.01',
      `--out=${out}`,
    ])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^wasm:1 +\d+ .* ✓ /m)
    const {
      cells: [cell],
    } = await read(out)
    expect(cell).toMatchObject({
      model: 'custom-mlp',
      batchSize: 8,
      baseline: 'fused:1',
      skipped: [],
    })
    for (const { rounds, losses } of cell!.peers) {
      expect(losses).toHaveLength(20)
      expect(rounds).toHaveLength(2)
      expect(Math.min(...rounds.flat())).toBeGreaterThan(0)
    }
    expect(await readdir(temporary)).toEqual([])
  })

  test('goes on without PyTorch, says how to get it, and ends with 2 where it was asked for by name', async () => {
    const args = [
      '--setups=fused,torch:1',
      '--batches=8',
      '--rounds=1',
      '--seconds=0.01',
      '--python=no-such-python',
    ]
    const { code, stdout, stderr } = await peers(args)
    expect(stderr).toMatch(/^no-such-python -c "import torch" fails: .*pip install torch.*\n$/)
    expect(stdout).toMatch(/^fused:1 +\d+ /m)
    expect(stdout).not.toMatch(/^torch:1 /m)
    expect(code).toBe(2)
  })

  test('leaves nothing behind on Ctrl-C', async () => {
    const out = join(folder, 'b.json')
    const { code, stderr } = await peers(
      ['--setups=fused', '--batches=8,9', '--rounds=2', '--seconds=0.01', `--out=${out}`],
      /^lenet5, batch 8/m,
    )
    expect({ code, stderr }).toEqual({ code: 130, stderr: 'interrupted\n' })
    expect(await readdir(temporary)).toEqual([])
    expect(await readdir(folder)).not.toContain('b.json')
  })
})

describe('PyTorch', () => {
  test.runIf(process.env['REQUIRE_TORCH'] === '1')('is there', () => {
    expect(python, 'no Python imports torch').toBeDefined()
  })

  test.runIf(python !== undefined)(
    'computes what we compute, in either layout of its memory',
    async () => {
      const out = join(folder, 'c.json')
      const { code, stderr } = await peers([
        '--setups=fused,torch:1,torch-nhwc:1',
        '--models=all',
        '--batches=5',
        '--rounds=1',
        '--seconds=0.01',
        `--python=${python}`,
        `--out=${out}`,
      ])
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      const { cells } = await read(out)
      expect(cells.map(({ model }) => model)).toEqual([
        'lenet5',
        'custom-mlp',
        'lenet5-regularized',
      ])
      for (const { peers } of cells) {
        expect(peers.map(({ setup }) => setup)).toEqual(['fused:1', 'torch:1', 'torch-nhwc:1'])
        for (const { parity, info } of peers)
          expect({ ok: parity.ok, threads: info.threads }).toEqual({ ok: true, threads: 1 })
        expect(peers[1]!.info).toMatchObject({
          versions: { torch: expect.any(String) },
          details: expect.stringContaining('BLAS'),
        })
      }
    },
  )
})

/** Milliseconds for what loads large libraries several times, on a busy machine too. */
const SLOW = 400_000

describe('peers in a run of bench', () => {
  const bench = fileURLToPath(new URL('../../../apps/bench/dist/main.js', import.meta.url))
  const example = fileURLToPath(new URL('../peers/example.py', import.meta.url))
  const plainPython = spawnSync('python3', ['--version']).status === 0

  const run = (args: readonly string[]) => start(bench, args)
  const cellsIn = async (file: string) =>
    benchResultSchema.parse(JSON.parse(await readFile(file, 'utf8'))).cells

  test(
    "TensorFlow.js as it ships is at parity with upstream's kernels in our executor, with and without convolutions",
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
      expect({ code, stderr: stderr.replace(/^(\[|⚠).*\n/gm, '') }).toEqual({ code: 0, stderr: '' })
      expect(await cellsIn(json)).toMatchObject([
        { backend: 'mine', status: 'ok', step: { n: 4 }, parity: { ok: true } },
      ])
    },
  )

  test('a peer that does not start, or does not know a request, is a row with the reason', async () => {
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
      /^mine +lenet5 +32 +unavailable: to open it answers 1, not hello/m,
    )
  })

  test.runIf(python !== undefined)(
    'PyTorch is at parity, and tells its phases',
    async () => {
      const json = join(folder, 'f.json')
      const { code } = await run([
        '--backend=none',
        '--peer=pytorch',
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
