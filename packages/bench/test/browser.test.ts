// Cells in a browser: names and flags, reports as text, and the built program with real browsers where they are found.
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { benchResultSchema } from '../src/results/bench-result.js'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findBrowser } from '@mnist-lab/core/node'
import { parseOptions } from '../src/protocol/options.js'
import { BROWSERS, takeApart } from '../src/runtimes/place-name.js'
import { referenceOf } from '../src/protocol/protocol.js'
import { parseReportText, reportText } from '../src/present/report-text.js'
import { bench } from './support/program.js'

const backends = (...argv: string[]) => parseOptions(argv, {}, { write() {} })!.backends

describe('places', () => {
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
      'cpu@firefox',
    ])
    expect(backends()).toEqual(['fused', 'wasm', 'node', 'cpu'])
  })

  test.each([
    ['--in=safari', /--in: expected some of node, chromium, firefox, got safari/],
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

  test('are part of a name, and come off it again', () => {
    expect(takeApart('cpu-stock@chromium')).toEqual({ backend: 'cpu-stock', browser: 'chromium' })
    expect(takeApart('fused')).toEqual({ backend: 'fused' })
    expect([referenceOf('fused@chromium'), referenceOf('null@chromium')]).toEqual([
      'cpu-stock',
      'null@chromium',
    ])
  })
})

test('a report comes back from its text to the bit', () => {
  fc.assert(
    fc.property(
      fc.float32Array({ maxLength: 20 }),
      fc.double(),
      fc.string(),
      (floats, number, text) => {
        const report = {
          trace: { weights: [floats], losses: [Number.isFinite(number) ? number : 0] },
          info: text,
        }
        const back = parseReportText(reportText(report)) as typeof report
        expect(new Uint32Array(back.trace.weights[0]!.buffer)).toEqual(
          new Uint32Array(floats.slice().map((value) => (Object.is(value, -0) ? 0 : value)).buffer),
        )
        expect(back.info).toBe(text)
      },
    ),
  )
})

describe('a browser is found', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'browser-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  test('by its variable first, then on the PATH', async () => {
    for (const name of ['chromium', 'mine']) {
      await writeFile(join(folder, name), '')
      await chmod(join(folder, name), 0o755)
    }
    expect(await findBrowser('chromium', { PATH: folder })).toEqual({
      ok: true,
      path: join(folder, 'chromium'),
    })
    expect(
      await findBrowser('chromium', { PATH: folder, CHROMIUM_PATH: join(folder, 'mine') }),
    ).toEqual({ ok: true, path: join(folder, 'mine') })
    expect(await findBrowser('chromium', { CHROMIUM_PATH: join(folder, 'none') })).toMatchObject({
      ok: false,
      reason: expect.stringContaining('which is no program') as string,
    })
  })
})

for (const name of BROWSERS) {
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

test('a browser that is not there is a row with its reason, and exit code 2', async () => {
  const { code, stdout } = await bench(
    ['--in=chromium', '--backend=null', '--reps=1', '--steps=3'],
    { CHROMIUM_PATH: '/nowhere/chromium' },
  )
  expect(stdout).toContain(
    'unavailable: CHROMIUM_PATH is /nowhere/chromium, which is no program; set CHROMIUM_PATH',
  )
  expect(code).toBe(2)
})
