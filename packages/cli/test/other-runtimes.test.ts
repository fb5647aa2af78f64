// The program in Bun and in Deno: its commands with the permissions that the README names, and runs
// that go on in another runtime than they began in.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runSchema } from '@mnist-lab/train'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Ended, spawned } from './support/program.js'
import { findRuntime, REQUIRED_RUNTIMES, type RUNTIMES } from './support/runtimes.js'
import { smallMnist, writeFiles } from './support/small-data.js'

const README = fileURLToPath(new URL('../README.md', import.meta.url))
const DIGIT = fileURLToPath(new URL('fixtures/seven.jpg', import.meta.url))
const PROGRESS = /epoch 1\/\d+ {2}\d+/

type Options = NonNullable<Parameters<typeof spawned>[1]>
type Program = (args: readonly string[], options?: Options) => Promise<Ended>

/** Runs the program in Deno with the permissions that the README names for the command. */
const inDeno: Program = async (args, options) => {
  const command = args[0] === 'data' ? 'data verify' : args[0]!
  const rows = (await readFile(README, 'utf8')).split('\n')
  const row = rows.find((line) => /^\| .*--allow/.test(line) && line.includes(`\`${command}\``))
  const [, permissions] = /`(--allow[^`]*)`/.exec(row ?? '') ?? []
  if (permissions === undefined) throw new Error(`the README has no permissions of ${command}`)
  return deno(permissions.split(' '))(args, options)
}

const deno =
  (permissions: readonly string[]): Program =>
  (args, options = {}) =>
    spawned(args, {
      ...options,
      runtime: [findRuntime('deno')!, 'run', '--no-prompt', ...permissions],
      env: { ...options.env, DENO_NO_UPDATE_CHECK: '1' },
    })

const PROGRAMS: Readonly<Record<(typeof RUNTIMES)[number], Program>> = {
  bun: (args, options) => spawned(args, { ...options, runtime: [findRuntime('bun')!] }),
  deno: inDeno,
}

test.each(REQUIRED_RUNTIMES)('%s is there, because it is required', (name) => {
  expect(findRuntime(name)).toBeDefined()
})

describe.each([
  ['bun', 'Bun'],
  ['deno', 'Deno'],
] as const)('in %s', (name, title) => {
  describe.skipIf(findRuntime(name) === undefined)('(needs the runtime)', () => {
    const program = PROGRAMS[name]
    let root: string
    let data: string
    let whole: string
    beforeAll(async () => {
      root = await mkdtemp(join(tmpdir(), 'mnist-cli-'))
      data = await writeFiles(join(root, 'data'), await smallMnist(1920, 64))
      whole = join(root, 'whole')
      const { code, stderr } = await train(spawned, whole)
      if (code !== 0) throw new Error(stderr)
    })
    afterAll(() => rm(root, { recursive: true }))

    const train = (on: Program, out: string, options: Options = {}) =>
      on(
        [
          'train',
          'lenet5',
          '--backend=fused-simd128',
          '--epochs=2',
          `--data=${data}`,
          `--out=${out}`,
        ],
        options,
      )
    const bytesOf = (folder: string) => readFile(join(folder, 'weights.safetensors'))
    const runOf = async (folder: string) =>
      runSchema.parse(JSON.parse(await readFile(join(folder, 'run.json'), 'utf8')))

    test.each([[['--help']], [['summary', 'lenet5']], [['data', 'verify']]])(
      '%j prints what it prints in Node.js',
      async (args) => {
        expect(await program(args)).toEqual(await spawned(args))
      },
    )

    test('a run has the bytes that it has in Node.js, and names the runtime', async () => {
      const out = join(root, 'own')
      expect((await train(program, out)).code).toBe(0)
      expect((await bytesOf(out)).equals(await bytesOf(whole))).toBe(true)
      const { environment } = await runOf(out)
      expect(environment['runtime']).toMatch(new RegExp(`^${title} \\d+\\.\\d+\\.\\d+$`))
      expect(environment).not.toHaveProperty('node')
      expect('v8' in environment).toBe(name === 'deno')
      expect((await runOf(whole)).environment).toMatchObject({
        runtime: `Node.js ${process.versions.node}`,
        node: process.version,
      })
    })

    test.each([
      ['begins here, goes on in Node.js', program, spawned],
      ['begins in Node.js, goes on here', spawned, program],
    ] as const)(
      'a run that Ctrl-C ends has code 130, and resumes to the same bytes: it %s',
      async (_, first, second) => {
        const out = await mkdtemp(join(root, 'parts-'))
        const ended = await train(first, out, { interruptOn: PROGRESS })
        expect(ended.code).toBe(130)
        expect(ended.stderr).toContain('--resume')
        expect((await runOf(out)).status).toBe('interrupted')
        const resumed = await second(['train', `--resume=${out}`])
        expect(resumed).toMatchObject({ code: 0 })
        expect((await bytesOf(out)).equals(await bytesOf(whole))).toBe(true)
        expect(await runOf(out)).not.toHaveProperty('earlierBuilds')
      },
    )

    test('a run can be evaluated, used and reported', async () => {
      const figures = ['evaluate', whole, '--backend=fused-simd128', '--json']
      expect(await program(figures)).toEqual(await spawned(figures))
      expect((await program(['predict', whole, DIGIT])).stdout).toContain('seven.jpg: ')
      const report = await program(['report', whole, `--out=${join(root, 'report')}`])
      expect(report).toMatchObject({ code: 0 })
      expect(await readFile(join(root, 'report', 'report.html'), 'utf8')).toContain('lenet5')
    })

    test('two threads train', async () => {
      const out = join(root, 'threads')
      const args = ['train', 'lenet5', '--threads=2', '--epochs=1', `--data=${data}`]
      expect((await program([...args, `--out=${out}`])).code).toBe(0)
      expect((await runOf(out)).backend).toMatchObject({ threads: 2, notes: [] })
    })

    test('the study trains its runs in processes of the runtime', async () => {
      const out = join(root, 'study')
      const args = ['reproduce', '--epochs=1', '--seeds=1', '--ablation=no', '--limit=64']
      expect(await program([...args, `--data=${data}`, `--out=${out}`])).toMatchObject({ code: 0 })
      expect((await runOf(join(out, 'lenet5-seed-1'))).environment['runtime']).toContain(title)
    })

    test('doctor names the runtime, and opens the backends in it', async () => {
      const { code, stdout } = await program(['doctor', '--json'])
      expect(code).toBe(0)
      const { machine, backends } = JSON.parse(stdout) as {
        readonly machine: object
        readonly backends: readonly { readonly name: string; readonly ok: boolean }[]
      }
      expect(machine).toMatchObject({
        runtime: { name: title, version: expect.stringMatching(/^\d+\.\d+\.\d+$/) },
      })
      expect(backends).toEqual(
        expect.arrayContaining(
          ['fused', 'wasm', 'cpu'].map((name) => expect.objectContaining({ name, ok: true })),
        ),
      )
    })
  })
})

describe.skipIf(findRuntime('deno') === undefined)('Deno (needs the runtime)', () => {
  test.each([
    [[], ['--help'], 'read'],
    [['--allow-read'], ['train', 'lenet5', '--limit=64'], 'sys'],
    [['--allow-read', '--allow-env', '--allow-sys'], ['train', 'lenet5', '--limit=64'], 'write'],
  ])('with %j names the permission that %j lacks in one line', async (permissions, args, kind) => {
    const { code, stdout, stderr } = await deno(permissions)(args, { cwd: tmpdir() })
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(
      new RegExp(`^Deno: Requires ${kind} access [^\\n]*; run again with [^\\n]*--allow-${kind}`),
    )
    expect(stderr.match(/\n/g)).toHaveLength(1)
  })
})
