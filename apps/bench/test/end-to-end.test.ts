// The built program, with real processes, on the backend that computes nothing where that will do.
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { benchResultSchema } from '@mnist-lab/metrics'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url))

let folder: string
beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'bench-')) })
afterAll(() => rm(folder, { recursive: true }))

interface Ended { readonly code: number | null; readonly stdout: string; readonly stderr: string }

/** @param interruptOn sends Ctrl-C when stderr has it */
function bench(args: readonly string[], interruptOn?: RegExp): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    let interrupted = false
    child.stdout.on('data', (text: Buffer) => { stdout += text.toString() })
    child.stderr.on('data', (text: Buffer) => {
      stderr += text.toString()
      if (interrupted || interruptOn?.test(stderr) !== true) return
      interrupted = true
      child.kill('SIGINT')
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
}

describe('the program', () => {
  test('measures, prints the table and writes JSON and SVG', async () => {
    const [json, markdown, svg] = ['a.json', 'a.md', 'a.svg'].map((name) => join(folder, name)) as [string, string, string]
    const { code, stdout, stderr } = await bench(
      ['--backend=null', '--model=lenet5', '--reps=2', '--steps=5', `--json=${json}`, `--markdown=${markdown}`, `--svg=${svg}`])
    expect(stderr.split('\n').filter((line) => line.startsWith('['))).toHaveLength(2)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^null +lenet5 +32 .*✓ loss 0, weights 0$/m)
    const result = benchResultSchema.parse(JSON.parse(await readFile(json, 'utf8')))
    expect(result.cells).toMatchObject([{ status: 'ok', step: { n: 10, samplesPerRepetition: [5, 5] }, parity: { ok: true } }])
    expect(await readFile(markdown, 'utf8')).toMatch(/^\| null \| lenet5 \| 32 \|/m)
    expect(await readFile(svg, 'utf8')).toMatch(/^<svg /)
  })

  test('finds wasm at parity with upstream\'s cpu kernels, on the batches and the dropout of the custom MLP', async () => {
    const { code, stdout } = await bench(['--backend=wasm', '--model=custom-mlp', '--reps=1', '--steps=3'])
    expect(stdout).toMatch(/^wasm +custom-mlp +32 .* ✓ loss /m)
    expect(code).toBe(0)
  })

  test('ends with 130 on Ctrl-C, with what had finished', async () => {
    const json = join(folder, 'b.json')
    const { code, stdout } = await bench(['--backend=null', '--reps=500', '--steps=5', `--json=${json}`], /^\[1\//m)
    expect(code).toBe(130)
    expect(stdout).toContain('INTERRUPTED')
    const result = benchResultSchema.parse(JSON.parse(await readFile(json, 'utf8')))
    expect(result.status).toBe('interrupted')
    expect(result.cells).toMatchObject([{ status: 'ok' }])
  })

  test('ends with 2 and one line for a flag that it does not know', async () => {
    const { code, stdout, stderr } = await bench(['--quick'])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toBe('bench: unknown option \'--quick\'; see bench --help\n')
  })
})
