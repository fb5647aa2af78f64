// These tests run the built program with real processes, on the null backend if possible.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { benchResultSchema, type BenchResult } from '@mnist-lab/bench'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bench } from './support/program.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bench-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('the program', () => {
  test('measures, prints the table and writes JSON and SVG', async () => {
    const [json, markdown, svg, html] = ['a.json', 'a.md', 'a.svg', 'a.html'].map((name) =>
      join(folder, name),
    ) as [string, string, string, string]
    const { code, stdout, stderr } = await bench([
      '--backend=null',
      '--model=lenet5',
      '--reps=2',
      '--steps=5',
      `--json=${json}`,
      `--markdown=${markdown}`,
      `--svg=${svg}`,
      `--html=${html}`,
    ])
    expect(stderr.split('\n').filter((line) => line.startsWith('['))).toHaveLength(3)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^null +lenet5 +32 .*✓ loss 0, weights 0$/m)
    const result = benchResultSchema.parse(JSON.parse(await readFile(json, 'utf8')))
    expect(result.cells).toMatchObject([
      { status: 'ok', step: { n: 10, samplesPerRepetition: [5, 5] }, parity: { ok: true } },
    ])
    expect(result.overhead).toMatchObject([{ batchSize: 32, n: 300 }])
    expect(result.environment.timer.resolutionMs).toBeGreaterThan(0)
    expect(await readFile(html, 'utf8')).toMatch(/^<!doctype html>[\s\S]*<svg/i)
    expect(await readFile(markdown, 'utf8')).toMatch(/^\| null \| lenet5 \| 32 \|/m)
    expect(await readFile(svg, 'utf8')).toMatch(/^<svg /)
  })

  test("finds wasm at parity with TensorFlow.js's own cpu kernels, on the batches and the dropout of the custom MLP", async () => {
    const { code, stdout } = await bench([
      '--backend=wasm',
      '--model=custom-mlp',
      '--reps=1',
      '--steps=3',
    ])
    expect(stdout).toMatch(/^wasm +custom-mlp +32 .* ✓ loss /m)
    expect(code).toBe(0)
  })

  test('ends with 130 on Ctrl-C, and reports what had finished', async () => {
    const json = join(folder, 'b.json')
    const { code, stdout } = await bench(
      ['--backend=null', '--reps=500', '--steps=5', `--json=${json}`],
      { interruptOn: /^\[2\//m },
    )
    expect(code).toBe(130)
    expect(stdout).toContain('INTERRUPTED')
    const result = benchResultSchema.parse(JSON.parse(await readFile(json, 'utf8')))
    expect(result.status).toBe('interrupted')
    expect(result.cells).toMatchObject([{ status: 'ok' }])
  })

  test('prints the version in its package.json', async () => {
    const manifest = await readFile(new URL('../package.json', import.meta.url), 'utf8')
    const { version } = JSON.parse(manifest) as { version: string }
    expect(await bench(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  })

  test('ends with 2 and one line for a flag that it does not know', async () => {
    const { code, stdout, stderr } = await bench(['--quick'])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toBe("bench: unknown option '--quick'; see bench --help\n")
  })

  test('profiles in a process of its own, phase by phase and kernel by kernel', async () => {
    const { code, stdout } = await bench([
      '--backend=fused',
      '--model=custom-mlp',
      '--reps=1',
      '--steps=3',
      '--profile',
    ])
    expect(stdout).toMatch(/^denseUpdate +update /m)
    expect(stdout).toMatch(/^fused custom-mlp, batch 32 +\d.*✓ loss /m)
    expect(code).toBe(0)
  })

  test('trains to an accuracy', async () => {
    const json = join(folder, 'c.json')
    const { code } = await bench([
      '--backend=fused',
      '--model=custom-mlp',
      '--reps=1',
      '--steps=3',
      '--to-accuracy=0.05',
      '--seeds=2',
      `--json=${json}`,
    ])
    const { accuracy } = benchResultSchema.parse(JSON.parse(await readFile(json, 'utf8')))
    expect(accuracy).toMatchObject({
      target: 0.05,
      cells: [
        {
          status: 'ok',
          runs: [
            { seed: 1, epochs: 1 },
            { seed: 2, epochs: 1 },
          ],
        },
      ],
    })
    expect(code).toBe(0)
  })
})

describe('bench compare', () => {
  let saved: string
  let measured: BenchResult
  beforeAll(async () => {
    saved = join(folder, 'd.json')
    await bench(['--backend=null', '--reps=5', '--steps=5', `--json=${saved}`])
    measured = benchResultSchema.parse(JSON.parse(await readFile(saved, 'utf8')))
  })

  /** Returns the same result with fixed times, because the real ones depend on the machine. */
  async function withMedians(name: string, medians: readonly number[]): Promise<string> {
    const file = join(folder, `${name}.json`)
    const repetitions = medians.map((medianMs, order) => ({ order, medianMs, disturbed: false }))
    const cells = measured.cells.map((cell) =>
      cell.status === 'ok' ? { ...cell, repetitions } : cell,
    )
    await writeFile(file, JSON.stringify({ ...measured, cells }))
    return file
  }
  const base = [10, 10.1, 9.9, 10.05, 9.95]

  test('finds a slow-down of 10%, fails if asked to, and writes Markdown for a pull request', async () => {
    const [before, after] = [
      await withMedians('before', base),
      await withMedians(
        'after',
        base.map((ms) => ms * 1.1),
      ),
    ]
    const markdown = join(folder, 'compare.md')
    const { code, stdout } = await bench([
      'compare',
      before,
      after,
      '--fail-if-slower=5%',
      `--markdown=${markdown}`,
    ])
    expect(stdout).toMatch(/^null lenet5, batch 32 .*▼ slower/m)
    expect(stdout).toMatch(/^✗ null lenet5, batch 32: slower by more than 5%$/m)
    expect(code).toBe(1)
    expect(await readFile(markdown, 'utf8')).toMatch(/^## Benchmark: 1 slower/)
    expect((await bench(['compare', before, after])).code).toBe(0)
    expect((await bench(['compare', before, after, '--fail-if-slower=20%'])).code).toBe(0)
  })

  test('shows no difference between a result and itself', async () => {
    const before = await withMedians('before', base)
    const { code, stdout } = await bench(['compare', before, before, '--fail-if-slower=5%'])
    expect(stdout).toContain('≈ no difference shown: it could be chance')
    expect(code).toBe(0)
  })

  test('compares a run with a saved result, and says if the run was slowed down', async () => {
    const before = await withMedians(
      'before',
      base.map((ms) => ms / 1e6),
    )
    const { code, stdout } = await bench([
      '--backend=null',
      '--reps=5',
      '--steps=5',
      '--slow-down=100%',
      `--against=${before}`,
      '--fail-if-slower=5%',
    ])
    expect(stdout).toMatch(/^null lenet5, batch 32 .*▼ slower/m)
    expect(stdout).toContain('null: slowed down artificially by 100%')
    expect(stdout).toContain('artificial slow-down: none → 1')
    expect(code).toBe(1)
  })

  test('refuses results of another machine, unless asked', async () => {
    const other = join(folder, 'other.json')
    await writeFile(
      other,
      JSON.stringify({ ...measured, environment: { ...measured.environment, cpu: 'another' } }),
    )
    const refused = await bench(['compare', saved, other])
    expect(refused).toMatchObject({ code: 2, stdout: '' })
    expect(refused.stderr).toMatch(
      /^.*two machines \(cpu: .* → another\); .*--allow-other-machine\n$/,
    )
    expect((await bench(['compare', saved, other, '--allow-other-machine'])).code).toBe(0)
  })

  test('refuses files that are not results, with one line', async () => {
    const old = join(folder, 'old.json')
    await writeFile(old, '{"schema":"mnist-lab/bench@1"}')
    expect(await bench(['compare', old, saved])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /^.*old\.json: expected .*bench@3 .*, got mnist-lab\/bench@1; .*measure again.*\n$/,
      ),
    })
    expect(await bench(['compare', saved, join(folder, 'none.json')])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/cannot be read \(ENOENT\)/),
    })
    await writeFile(old, '{')
    expect(await bench(['compare', saved, old])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/: not JSON \(/),
    })
    expect(await bench(['compare', saved])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/missing required argument/),
    })
  })

  test('makes a report of saved results', async () => {
    const files = [saved, await withMedians('after', base)]
    const [html, markdown] = ['r.html', 'r.md'].map((name) => join(folder, name)) as [
      string,
      string,
    ]
    const { code, stdout } = await bench([
      'report',
      ...files,
      `--html=${html}`,
      `--markdown=${markdown}`,
    ])
    expect(code).toBe(0)
    expect(stdout).toContain(html)
    expect(await readFile(html, 'utf8')).toContain('Side by side')
    const text = await readFile(markdown, 'utf8')
    for (const [, path] of text.matchAll(/\]\((r-figures\/[^)]+)\)/g))
      expect(await readFile(join(folder, path!), 'utf8')).toMatch(/^<svg/)
    expect((await bench(['report', files[0]!, `--html=${files[0]}`])).code).toBe(2)
  })
})
