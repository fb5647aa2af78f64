// The file system fails, or the process is killed, at one call after the other. Whatever was kept
// can be read afterwards, and the same command or a resume ends with the same bytes. `pnpm faults`
// tries every call, and `pnpm test` some of them.
import { spawn } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm, stat, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runSchema } from '@mnist-lab/train'
import { openRun } from '@mnist-lab/train/node'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { installFaults } from './support/faults.mjs'
import { run, succeed } from './support/program.js'
import { smallMnist, writeFiles } from './support/small-data.js'

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url))
const FAULTS = new URL('support/faults.mjs', import.meta.url).href
const ALL = process.env['FAULTS'] === 'all'
const KINDS = ['open', 'write', 'sync', 'rename', 'mkdir'] as const

let root: string
let data: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'mnist-faults-'))
  data = await writeFiles(join(root, 'data'), await smallMnist(64, 32))
  // A PDF would take seconds, and is written as every other file.
  vi.stubEnv('CHROMIUM_PATH', '/no/such/program')
  for (const [name, seed, epochs] of [
    ['whole', 1, 2],
    ['earlier', 2, 1],
    ['half', 1, 1],
    ['reported', 1, 1],
  ] as const)
    await succeed(train(join(root, name), seed, epochs))
  await succeed(report(join(root, 'reported')))
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await rm(root, { recursive: true })
})

const train = (out: string, seed: number, epochs: number) => [
  'train',
  'custom-mlp',
  `--data=${data}`,
  `--out=${out}`,
  `--seed=${seed}`,
  `--epochs=${epochs}`,
]
const resume = (out: string) => ['train', '--resume', out, '--epochs', '2']
const report = (out: string) => ['report', out, '--data', data]
const reproduce = (out: string) => [
  'reproduce',
  `--data=${data}`,
  `--out=${out}`,
  '--jobs=1',
  '--epochs=1',
  '--seeds=1',
  '--ablation=no',
]
const bytesOf = (folder: string, file = 'weights.safetensors') => readFile(join(folder, file))
const runOf = async (folder: string) =>
  runSchema.parse(JSON.parse(await readFile(join(folder, 'run.json'), 'utf8')))
const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  )

/** Returns the names of a study's runs. One that had no checkpoint yet is kept beside as NAME.1. */
const runsOf = async (study: string) =>
  (await readdir(study)).filter((name) => /-seed-\d+$/.test(name)).toSorted()

/** A command, what was there before it, and what must be there after a failure and a second try. */
interface Work {
  readonly prepare: (folder: string) => Promise<void>
  readonly args: (folder: string) => readonly string[]
  /** Checks what the user had, right after the failure. */
  readonly kept: (folder: string) => Promise<void>
  /** Returns the command with which a user goes on. */
  readonly again: (folder: string) => Promise<readonly string[] | undefined>
  readonly ended: (folder: string) => Promise<void>
}

/** Expects that two files are the same. `toEqual` would compare them element by element. */
async function expectSame(a: Promise<Buffer>, b: Promise<Buffer>): Promise<void> {
  const [one, other] = await Promise.all([a, b])
  expect(one.equals(other)).toBe(true)
}
const expectWhole = (folder: string) => expectSame(bytesOf(folder), bytesOf(join(root, 'whole')))

const WORK: Readonly<Record<'run' | 'resumed run' | 'report' | 'study', Work>> = {
  // An earlier run is in the folder, and must survive.
  run: {
    prepare: (folder) => cp(join(root, 'earlier'), folder, { recursive: true }),
    args: (folder) => train(folder, 1, 2),
    async kept(folder) {
      const earlier = await bytesOf(join(root, 'earlier'))
      const places = await Promise.all(
        [folder, `${folder}.1`].map(
          async (place) =>
            (await exists(place)) && earlier.equals(await bytesOf(place).catch(() => Buffer.of())),
        ),
      )
      expect(places).toContain(true)
      const [, aside] = places
      if (aside === true && (await exists(join(folder, 'checkpoint.safetensors'))))
        await openRun(folder)
    },
    async again(folder) {
      const begun =
        (await exists(join(folder, 'checkpoint.safetensors'))) &&
        (await runOf(folder)).plan.seed === 1
      if (!begun) return train(folder, 1, 2)
      return (await runOf(folder)).status === 'completed' ? undefined : resume(folder)
    },
    ended: expectWhole,
  },
  'resumed run': {
    prepare: (folder) => cp(join(root, 'half'), folder, { recursive: true }),
    args: resume,
    async kept(folder) {
      const { checkpoint } = await openRun(folder)
      expect([1, 2]).toContain(checkpoint!.history.length)
    },
    again: async (folder) =>
      (await runOf(folder)).status === 'completed' && (await runOf(folder)).epochs.length === 2
        ? undefined
        : resume(folder),
    ended: expectWhole,
  },
  report: {
    prepare: (folder) => cp(join(root, 'half'), folder, { recursive: true }),
    args: report,
    async kept(folder) {
      for (const file of ['weights.safetensors', 'checkpoint.safetensors', 'run.json'])
        await expectSame(bytesOf(folder, file), bytesOf(join(root, 'half'), file))
    },
    again: async (folder) => report(folder),
    async ended(folder) {
      const reported = join(root, 'reported')
      await expectSame(bytesOf(folder, 'evaluation.json'), bytesOf(reported, 'evaluation.json'))
      for (const file of ['report.md', 'report.html'])
        expect(await exists(join(folder, file))).toBe(true)
    },
  },
  study: {
    prepare: async () => {},
    args: reproduce,
    kept: async () => {},
    again: async (folder) => reproduce(folder),
    async ended(folder) {
      const names = await runsOf(folder)
      expect(names).toEqual(await runsOf(join(root, 'studied')))
      for (const name of names)
        await expectSame(bytesOf(join(folder, name)), bytesOf(join(root, 'studied', name)))
    },
  },
}

/** The last line of a command that could not go on. */
const REFUSED =
  /(\((EMFILE|ENOSPC|EIO|EACCES)\)|its process was ended by SIGKILL, [^;]+); [^\n]+\n?$/

let number = 0
/** Prepares a folder, lets the work fail in it, goes on, and checks everything. */
async function survive(
  { prepare, args, kept, again, ended }: Work,
  fail: (args: readonly string[], here: string) => Promise<unknown>,
): Promise<void> {
  const here = join(root, `case-${++number}`)
  const folder = join(here, 'run')
  await prepare(folder)
  await fail(args(folder), here)
  await kept(folder)
  // A report removes what is a minute old, because another process may be writing it. And a process
  // that is killed before it has signed its lock keeps it for some seconds.
  const old = new Date(Date.now() - 120_000)
  const reports = ['report', 'reproduce'].includes(args(folder)[0]!)
  for (const name of await leftovers(here))
    if (reports || name.endsWith('.lock')) await utimes(join(here, name), old, old)
  const next = await again(folder)
  // A command that has nothing left to do cannot clean up either; any other one can.
  if (next !== undefined) {
    const inHere = next[0] !== 'reproduce'
    const { code, stderr } = inHere ? await run(next) : await spawnedWith({}, next)
    expect([code, stderr], next.join(' ')).toEqual([0, expect.any(String)])
    expect(await leftovers(here)).toEqual([])
  }
  await ended(folder)
  await rm(here, { recursive: true })
}

const leftovers = async (folder: string) =>
  (await readdir(folder, { recursive: true })).filter((name) => /\.(tmp|lock)(\/|$)/.test(name))

/** Runs a command here with one failing call. */
async function failing(
  args: readonly string[],
  here: string,
  kind: (typeof KINDS)[number],
  at: number,
) {
  const faults = installFaults({ root: here, how: 'fail', kind, at })
  const ended = await run(args).finally(() => faults.uninstall())
  expect(faults.calls.length).toBeGreaterThanOrEqual(at)
  return ended
}

/** Returns the calls of a command that nothing disturbs. */
async function callsOf({ prepare, args }: Work): Promise<readonly string[]> {
  const here = join(root, 'counted')
  await prepare(join(here, 'run'))
  const faults = installFaults({ root: here, how: 'count', at: 0 })
  expect((await run(args(join(here, 'run'))).finally(() => faults.uninstall())).code).toBe(0)
  await rm(here, { recursive: true })
  return faults.calls
}

function spawnedWith(fault: object, args: readonly string[]) {
  return new Promise<{ code: number | null; signal: string | null; stderr: string }>(
    (resolve, reject) => {
      const child = spawn(process.execPath, ['--import', FAULTS, MAIN, ...args], {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: {
          ...process.env,
          ...('how' in fault ? { MNIST_LAB_FAULT: JSON.stringify(fault) } : {}),
        },
      })
      let stderr = ''
      child.stderr.on('data', (text: Buffer) => (stderr += text.toString()))
      child.on('error', reject)
      child.on('close', (code, signal) => resolve({ code, signal, stderr }))
    },
  )
}

/** Returns up to `count` numbers from 1 to `last`, spread evenly; all of them in a full sweep. */
function spread(last: number, count: number): number[] {
  const all = Array.from({ length: last }, (_, at) => at + 1)
  if (ALL || last <= count) return all
  return Array.from({ length: count }, (_, at) => all[Math.floor(((at + 0.5) * last) / count)]!)
}

const IN_PROCESS = ['run', 'resumed run', 'report'] as const

describe.each(IN_PROCESS)('a %s', (name) => {
  const work = WORK[name]

  test.each(KINDS)('survives that any call to %s fails', async (kind) => {
    const count = (await callsOf(work)).filter((call) => call === kind).length
    const outcomes: Record<string, number> = {}
    for (const at of spread(count, 4)) {
      await survive(work, async (args, here) => {
        const { code, stderr } = await failing(args, here, kind, at)
        // Curves are not needed, so a run goes on without them and says so.
        const last = stderr.trimEnd().split('\n').at(-1)
        if (code === 2) expect(last, `${kind} ${at}`).toMatch(REFUSED)
        else expect(code, `${kind} ${at}: ${stderr}`).toBe(0)
        outcomes[`exit code ${code}`] = (outcomes[`exit code ${code}`] ?? 0) + 1
      })
    }
    if (ALL) console.log(`${name}, ${kind}: ${count} calls`, outcomes)
  })

  test('survives that it is killed at any call', async () => {
    const { length } = await callsOf(work)
    const points = spread(length, 3)
    for (const at of points) {
      await survive(work, async (args, here) => {
        const { signal } = await spawnedWith({ root: here, how: 'kill', at }, args)
        expect(signal, `call ${at}`).toBe('SIGKILL')
      })
    }
    if (ALL) console.log(`${name}: killed at ${points.length} of ${length} calls`)
  })
})

describe('a study', () => {
  const work = WORK.study
  const counter = () => join(root, `counter-${++number}`)
  let calls: number
  beforeAll(async () => {
    const studied = join(root, 'studied')
    const file = counter()
    const count = { root: studied, how: 'fail', at: 0, counter: file }
    const { code, stderr } = await spawnedWith(count, reproduce(studied))
    if (code !== 0) throw new Error(`the undisturbed study ended with ${code}: ${stderr}`)
    calls = (await stat(file)).size
  })

  test.each(['fail', 'kill'] as const)(
    'survives it when the calls of its processes %s',
    async (how) => {
      const points = spread(calls, 1)
      const outcomes: Record<string, number> = {}
      for (const at of points) {
        await survive(work, async (args, here) => {
          const { code, signal, stderr } = await spawnedWith(
            { root: here, how, at, counter: counter() },
            args,
          )
          // A failed or killed run is told in one line, and a run does without its curves. A killed
          // study ends its runs.
          if (signal !== null) expect([how, signal], `call ${at}`).toEqual(['kill', 'SIGKILL'])
          else if (code === 2) expect(stderr, `call ${at}`).toMatch(REFUSED)
          else expect([how, code], `call ${at}: ${stderr}`).toEqual(['fail', 0])
          const outcome = signal ?? `exit code ${code}`
          outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
        })
      }
      if (ALL) console.log(`study, ${how}: ${points.length} of ${calls} calls`, outcomes)
    },
  )
})
