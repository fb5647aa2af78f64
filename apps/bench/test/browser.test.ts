// These tests check the flags for browsers, and run the built program in the real browsers that are
// found.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { benchResultSchema } from '@mnist-lab/bench'
import { findBrowser } from '@mnist-lab/core/node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseOptions } from '../src/options.js'
import { bench } from './support/program.ts'

const backends = (...argv: string[]) =>
  parseOptions(argv, { env: {}, out: { write() {} }, version: '' })!.plan.engines

describe('the runtimes of --in', () => {
  test('are taken one after the other, each with the backends that it can have', () => {
    expect(backends('--in=node,chromium', '--backend=wasm,fused')).toEqual([
      'wasm',
      'fused',
      'wasm@chromium',
      'fused@chromium',
    ])
    expect(backends('--in=node,chromium', '--backend=wasm,webgl,node')).toEqual([
      'wasm',
      'node',
      'wasm@chromium',
      'webgl@chromium',
    ])
    expect(backends('--in=firefox')).toEqual([
      'fused@firefox',
      'webgpu@firefox',
      'wasm@firefox',
      'webgl@firefox',
      'fused-js@firefox',
      'cpu@firefox',
    ])
    expect(backends()).toEqual(['fused', 'wasm', 'node', 'fused-js', 'cpu'])
  })

  test.each([
    ['--in=safari', /--in: expected some of node, .*chromium, firefox.*, got safari/],
    ['--in=', /--in: expected names/],
  ])('%s is refused', (flag, message) => {
    expect(() => backends(flag)).toThrow(message)
  })

  test('refuse a backend that none of them can have', () => {
    expect(() => backends('--in=chromium', '--backend=node')).toThrow(
      'backend node: it runs only in Node.js',
    )
    expect(() => backends('--in=node', '--backend=webgl')).toThrow(
      'backend webgl: it runs only in browsers',
    )
  })
})

for (const name of ['chromium', 'firefox'] as const) {
  const found = await findBrowser(name)
  const required = process.env['REQUIRE_BROWSER'] === name
  const why = found.ok ? '' : ` (${found.reason}: ${found.hint})`
  describe.skipIf(!found.ok && !required)(`the program in ${name}${why}`, () => {
    let folder: string
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'bench-browser-'))
    })
    afterAll(() => rm(folder, { recursive: true }))

    test('measures beside Node.js, in one table, and records the browser', async () => {
      const json = join(folder, 'a.json')
      const { code, stdout } = await bench([
        `--in=node,${name}`,
        '--backend=fused',
        '--model=custom-mlp',
        '--reps=2',
        '--steps=5',
        `--json=${json}`,
      ])
      expect(code).toBe(0)
      expect(stdout).toMatch(/^fused +custom-mlp .*✓ loss/m)
      expect(stdout).toMatch(new RegExp(`^fused@${name} +custom-mlp .*✓ loss`, 'm'))
      expect(stdout).toContain('a fresh context a repetition, crossOriginIsolated, clock steps of')
      const result = benchResultSchema.parse(JSON.parse(await readFile(json, 'utf8')))
      expect(result.cells).toMatchObject([
        { status: 'ok' },
        {
          status: 'ok',
          backend: `fused@${name}`,
          step: { n: 10, samplesPerRepetition: [5, 5] },
          browser: {
            name,
            version: expect.stringMatching(/^\d+\./) as string,
            crossOriginIsolated: true,
          },
        },
      ])
    })
  })
}

test('a missing browser is a row with its reason, and the exit code is 2', async () => {
  const { code, stdout } = await bench(
    ['--in=chromium', '--backend=null', '--reps=1', '--steps=3'],
    { environment: { CHROMIUM_PATH: '/nowhere/chromium' } },
  )
  expect(stdout).toContain(
    'unavailable: CHROMIUM_PATH is /nowhere/chromium, which is not a program; set CHROMIUM_PATH',
  )
  expect(code).toBe(2)
})
