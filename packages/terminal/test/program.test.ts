import { InputError } from '@mnist-lab/core'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import {
  addCompletion,
  createCommand,
  packageVersion,
  pathOf,
  programName,
  terminalWidth,
  typedArguments,
  usageError,
  UsageError,
} from '../src/index.js'

const PACKAGE = fileURLToPath(new URL('..', import.meta.url))
const { version } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as {
  version: string
}

afterEach(() => {
  vi.unstubAllEnvs()
})

describe('names', () => {
  test('a program is called what the user typed', () => {
    vi.stubEnv('npm_lifecycle_event', 'mnist')
    expect([programName(), programName('bench')]).toEqual(['pnpm mnist', 'bench'])
    vi.stubEnv('npm_lifecycle_event', 'test')
    expect(programName()).toBe('mnist')
  })

  test('a path is relative inside the working directory, and absolute outside', () => {
    expect(pathOf(resolve('runs', 'a'))).toBe(join('runs', 'a'))
    expect(pathOf(resolve('..', 'a'))).toBe(resolve('..', 'a'))
    expect(pathOf(resolve('.'))).toBe(resolve('.'))
  })

  test('a leading -- is not an argument of the program', () => {
    expect(typedArguments(['--', 'train', '--'])).toEqual(['train', '--'])
    expect(typedArguments(['train'])).toEqual(['train'])
  })
})

describe('a version', () => {
  test('is that of the package.json above the module', () => {
    expect(packageVersion(import.meta.url)).toBe(version)
    expect(packageVersion(pathToFileURL(join(PACKAGE, 'src/deep/er/module.js')).href)).toBe(version)
  })

  test('is refused where there is no package.json', () => {
    expect(() => packageVersion('file:///no/such/folder/module.js')).toThrow('ENOENT')
  })
})

describe('a command', () => {
  const parse = (...args: string[]) => {
    let written = ''
    const program = createCommand('demo', 'A program.', { write: (text) => (written += text) })
    program
      .version('1.2.3')
      .command('go')
      .option('--fast')
      .action(() => undefined)
    program.command('group').command('part')
    addCompletion(program)
    let thrown: unknown
    try {
      program.parse(args, { from: 'user' })
    } catch (error) {
      thrown = error
    }
    return { written, thrown }
  }

  test.each([
    ['--help', /^Usage: demo/],
    ['--version', /^1\.2\.3\n$/],
  ])('writes %s to its output, which is no error', (flag, text) => {
    const { written, thrown } = parse(flag)
    expect(written).toMatch(text)
    expect(usageError(thrown, 'demo')).toBeUndefined()
  })

  test('turns a wrong argument into one line that says where help is', () => {
    const error = usageError(parse('go', '--slow').thrown, 'demo go')
    expect(error).toBeInstanceOf(UsageError)
    expect(error!.message).toBe("demo go: unknown option '--slow'; see demo go --help")
  })

  test('says in one line that a subcommand is missing', () => {
    expect(usageError(parse('group').thrown, 'demo group')!.message).toBe(
      'demo group: a subcommand is missing; see demo group --help',
    )
  })

  test('throws errors that are not from commander unchanged', () => {
    const bug = new TypeError('bug')
    expect(() => usageError(bug, 'demo')).toThrow(bug)
    expect(() => usageError(new InputError({ where: 'a', hint: 'b' }), 'demo')).toThrow(InputError)
  })
})

describe('a program as a process', () => {
  let folder: string
  beforeAll(async () => {
    // Inside the package, so that its name and that of core resolve.
    folder = await mkdtemp(join(PACKAGE, 'node_modules', '.test-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  async function run(main: string, environment: Record<string, string> = {}) {
    const file = join(folder, 'program.mjs')
    await writeFile(
      file,
      `import { addCompletion, createCommand, runProgram } from ${JSON.stringify(
        pathToFileURL(join(PACKAGE, 'dist/index.js')).href,
      )}
      import { InputError } from '@mnist-lab/core'
      await runProgram(async (terminal) => { ${main} })`,
    )
    return new Promise<{
      code: number
      signal: string | null
      stdout: string
      stderr: string
    }>((done) => {
      execFile(
        process.execPath,
        [file],
        { env: { ...process.env, ...environment } },
        (error, stdout, stderr) =>
          done({ code: Number(error?.code ?? 0), signal: error?.signal ?? null, stdout, stderr }),
      )
    })
  }

  test('ends with the code that it returns, after all of its output', async () => {
    const { code, stdout } = await run("terminal.out.write('x'.repeat(300_000)); return 3")
    expect([code, stdout.length]).toEqual([3, 300_000])
  })

  test('ends with 2 and one line for an input error, and with 1 and a stack for a bug', async () => {
    expect(
      await run("throw new InputError({ where: 'a', what: 'wrong', hint: 'fix it' })"),
    ).toEqual({
      code: 2,
      signal: null,
      stdout: '',
      stderr: 'a: wrong; fix it\n',
    })
    const { code, stderr } = await run("throw new TypeError('bug')")
    expect(code).toBe(1)
    expect(stderr).toMatch(/^TypeError: bug\n +at /)
    const evil = await run(String.raw`throw new TypeError('a\x1b[2J\rb')`)
    expect(evil.stderr).toMatch(/^TypeError: a\\u\{1b\}\[2J\\u\{d\}b\n/)
    // The lines of the stack stay lines.
    expect(evil.stderr.split('\n').length).toBeGreaterThan(2)
  })

  /**
   * Sends itself Ctrl-C `times` times, and waits; it ends its work at the first one only if
   * `listens`.
   */
  const interrupted = (times: number, listens: boolean) => `
      const waiting = setInterval(() => {}, 1000)
      for (let i = 0; i < ${times}; i++) setTimeout(() => process.kill(process.pid, 'SIGINT'), 50 * (i + 1))
      await new Promise((_, reject) => {
        if (${listens}) terminal.signal.addEventListener('abort', () => {
          clearInterval(waiting)
          reject(terminal.signal.reason)
        })
      })`

  test('ends with 130 when Ctrl-C stops its work', async () => {
    const { code, stderr } = await run(interrupted(1, true))
    expect({ code, stderr }).toEqual({ code: 130, stderr: 'interrupted\n' })
  })

  test('is ended at once by a second Ctrl-C', async () => {
    expect((await run(interrupted(2, false))).signal).toBe('SIGINT')
  })

  test.each(['zsh', 'bash', 'fish', 'powershell'])(
    'prints a completion script for %s',
    async (shell) => {
      const { code, stdout } = await run(`
      const program = createCommand('demo', 'A program.', terminal.out)
      program.command('go').description('Goes.').option('--fast', 'Hurries.')
      addCompletion(program)
      program.parse(['complete', ${JSON.stringify(shell)}], { from: 'user' })
      return 0`)
      expect(code).toBe(0)
      expect(stdout).toContain('demo')
    },
  )

  test('completes commands and flags', async () => {
    const complete = async (...typed: string[]) =>
      (
        await run(`
      const program = createCommand('demo', 'A program.', terminal.out)
      program.command('go').description('Goes.').option('--fast', 'Hurries.')
      addCompletion(program)
      program.parse(['complete', '--', ...${JSON.stringify(typed)}], { from: 'user' })
      return 0`)
      ).stdout
    expect(await complete('')).toMatch(/^go\tGoes\.$/m)
    expect(await complete('go', '--')).toMatch(/^--fast\tHurries\.$/m)
  })
})

test('only a terminal that knows its width limits what is printed', () => {
  const write = () => true
  expect(terminalWidth({ isTTY: true, columns: 80, write })).toBe(80)
  expect(terminalWidth({ isTTY: true, columns: 0, write })).toBe(Infinity)
  expect(terminalWidth({ isTTY: true, write })).toBe(Infinity)
  expect(terminalWidth({ columns: 80, write })).toBe(Infinity)
})
