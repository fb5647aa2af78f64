// One short bench runs in every runtime that is there. REQUIRE_RUNTIMES names those that must be.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BenchResult, benchResultSchema } from '@mnist-lab/bench'
import { RUNTIMES } from '@mnist-lab/bench/runtimes/node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bench } from './support/program.ts'

/** The facts that a cell must report: its runtime's name, its build and the bits of its weights. */
interface Expected {
  readonly engine: string
  readonly name: string
  readonly simd: string
  readonly bits?: string
}

const same = (runtime: string, name: string): Expected[] => [
  { engine: `fused-simd128@${runtime}`, name, simd: 'simd128', bits: 'simd128' },
]

/** The engines that are measured in each runtime. */
const EXPECTED: Readonly<Record<string, readonly Expected[]>> = {
  node20: same('node20', 'Node.js'),
  node22: same('node22', 'Node.js'),
  node24: same('node24', 'Node.js'),
  node26: same('node26', 'Node.js'),
  liftoff: same('liftoff', 'Node.js'),
  nosimd: [{ engine: 'fused@nosimd', name: 'Node.js', simd: 'scalar', bits: 'scalar' }],
  jitless: [
    { engine: 'fused-js@jitless', name: 'Node.js', simd: 'scalar', bits: 'scalar' },
    { engine: 'cpu@jitless', name: 'Node.js', simd: 'scalar' },
  ],
  bun: [
    ...same('bun', 'Bun'),
    { engine: 'fused-js@bun', name: 'Bun', simd: 'scalar', bits: 'scalar' },
  ],
  deno: [...same('deno', 'Deno'), { engine: 'wasm@deno', name: 'Deno', simd: 'relaxed' }],
}

const required = (process.env['REQUIRE_RUNTIMES'] ?? '').split(',')
const missing = new Map<string, string>()
for (const name of Object.keys(EXPECTED)) {
  const found = await RUNTIMES[name]!.find()
  if (!found.ok) missing.set(name, `${found.reason}; ${found.hint}`)
}
const here = Object.keys(EXPECTED).filter((name) => !missing.has(name))

test.each(required.filter((name) => name in EXPECTED))(
  '%s is there where it is required',
  (name) => {
    expect(missing.get(name)).toBeUndefined()
  },
)

describe('a runtime', () => {
  let folder: string
  let result: BenchResult
  let printed: string
  let code: number | null
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bench-runtimes-'))
    const json = join(folder, 'a.json')
    const engines = here.flatMap((name) => EXPECTED[name]!.map(({ engine }) => engine))
    const ended = await bench([
      `--backend=${[...engines, `fused-simd128@node=${process.execPath}`].join(',')}`,
      '--model=custom-mlp',
      '--reps=1',
      '--steps=2',
      `--json=${json}`,
    ])
    code = ended.code
    printed = ended.stdout
    result = benchResultSchema.parse(JSON.parse(await readFile(json, 'utf8')))
  })
  afterAll(() => rm(folder, { recursive: true }))

  const cellOf = (engine: string) => result.cells.find(({ backend }) => backend === engine)

  for (const name of Object.keys(EXPECTED)) {
    const why = missing.get(name)
    test.skipIf(why !== undefined)(
      `${name} trains to the same numbers, and says what it is${why === undefined ? '' : ` (${why})`}`,
      () => {
        for (const { engine, name: title, simd, bits } of EXPECTED[name]!) {
          expect(cellOf(engine)).toMatchObject({
            status: 'ok',
            simd,
            parity: { ok: true },
            runtime: {
              name: title,
              version: expect.stringMatching(/^\d+\.\d+\.\d+/) as string,
              clock: 'own',
            },
          })
          expect((cellOf(engine) as { bits?: string }).bits, engine).toBe(bits)
        }
      },
    )
  }

  test('may be the Node.js at a path', () => {
    expect(code).toBe(0)
    expect(cellOf(`fused-simd128@node=${process.execPath}`)).toMatchObject({
      status: 'ok',
      bits: 'simd128',
      runtime: { name: 'Node.js', version: process.versions.node },
    })
  })

  test('that is slow gets few steps, and the table says so', () => {
    expect(result.protocol.slow?.runtimes).toEqual(['jitless'])
    expect(printed).toContain('; in jitless at most 3 processes, and 5 timed steps of each')
    expect(printed).toContain('cpu@jitless: V8 interpreted all JavaScript')
  })
})

test('a runtime that was named and is missing is a row with its reason, and the exit code is 2', async () => {
  const { code, stdout } = await bench(['--in=bun', '--backend=all', '--reps=1', '--steps=1'], {
    environment: { BUN_PATH: '/nowhere/bun' },
  })
  expect(stdout).toMatch(/^fused@bun .*unavailable: BUN_PATH is \/nowhere\/bun, which is not a/m)
  expect(code).toBe(2)
})
