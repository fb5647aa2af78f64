// These tests set up runtimes from packages that are made up. The last one asks the built program.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { INSTALLABLE_NAMES, partsOf } from '@mnist-lab/bench/runtimes/node'
import { UsageError } from '@mnist-lab/terminal'
import { beforeEach, describe, expect, test } from 'vitest'
import {
  chosenRuntimes,
  listRuntimes,
  removeRuntimes,
  type RuntimeTools,
  setupRuntimes,
} from '../src/runtimes/setup-runtimes.js'
import { ChecksumError } from '../src/setup/checksum.js'
import { spawned } from './support/program.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mnist-runtimes-'))
  return () => rm(folder, { recursive: true })
})

const PROGRAM = ['node_modules', 'bun-package', 'bun']

/** Returns tools that install one small file, and count what they fetch. */
function made(replaced: Partial<RuntimeTools> = {}): RuntimeTools & { readonly fetched: string[] } {
  const fetched: string[] = []
  return {
    fetched,
    partsOf: (name) => ({
      npm: [{ name: `${name}-package`, version: '1.2.3', integrity: 'sha512-x' }],
      program: `${name}-package/${name}`,
    }),
    folderOf: (name) => join(folder, name),
    async fetch({ npm }, stage) {
      for (const { name } of npm) {
        fetched.push(name)
        const target = join(stage.folder, 'node_modules', name)
        await mkdir(target, { recursive: true })
        await writeFile(join(target, name.replace('-package', '')), 'a program')
      }
    },
    verify: async () => {},
    system: {
      isInstalled: async () => false,
      isCarried: async () => false,
      mayInstall: false,
      async update() {},
      async install() {},
    },
    ...replaced,
  }
}

async function setUp(
  names: readonly string[],
  tools: RuntimeTools,
  signal = new AbortController().signal,
) {
  let told = ''
  const err = { write: (text: string) => void (told += text) }
  const failures = await setupRuntimes(names, { out: { write() {} }, err, signal }, tools)
  return { told, failures }
}

describe('setting up runtimes', () => {
  test('installs each into a folder of its own, and says what and where', async () => {
    const tools = made()
    const { told, failures } = await setUp(['bun', 'deno'], tools)
    expect(failures).toEqual([])
    expect(told).toContain(`bun: bun-package@1.2.3, 0 MB, in ${join(folder, 'bun')}\n`)
    expect((await readdir(folder)).toSorted()).toEqual(['bun', 'deno'])
    expect(await readFile(join(folder, 'bun', ...PROGRAM), 'utf8')).toBe('a program')
    expect(await listRuntimes(['bun', 'workerd'], new AbortController().signal, tools)).toEqual([
      {
        name: 'bun',
        folder: join(folder, 'bun'),
        state: { state: 'installed', bytes: 9, packages: ['bun-package@1.2.3'] },
        system: [],
      },
      { name: 'workerd', folder: join(folder, 'workerd'), state: { state: 'missing' }, system: [] },
    ])
  })

  test('leaves an installation that is complete as it is', async () => {
    const tools = made()
    await setUp(['bun'], tools)
    expect((await setUp(['bun'], tools)).told).toMatch(/^bun: bun-package@1\.2\.3, .*was there/)
    expect(tools.fetched).toEqual(['bun-package'])
  })

  test.each<[string, (bun: string) => Promise<void>, RegExp]>([
    ['a file is missing', (bun) => rm(join(bun, ...PROGRAM)), /bun is missing or has changed/],
    [
      'a byte has changed',
      (bun) => writeFile(join(bun, ...PROGRAM), 'a pr0gram'),
      /bun is missing or has changed/,
    ],
    [
      'its description is missing',
      (bun) => rm(join(bun, 'installation.json')),
      /its description is missing/,
    ],
    [
      'its description is cut off',
      (bun) => writeFile(join(bun, 'installation.json'), '{"sch'),
      /its description is damaged/,
    ],
    [
      'its description is of another kind',
      (bun) => writeFile(join(bun, 'installation.json'), 'null'),
      /its description is damaged/,
    ],
    [
      'it is another version',
      async (bun) => {
        const file = join(bun, 'installation.json')
        const text = await readFile(file, 'utf8')
        await writeFile(file, text.replace('1.2.3', '1.2.2'))
      },
      /it is bun-package@1\.2\.2/,
    ],
  ])('installs it again when %s', async (_what, damage, told) => {
    const tools = made()
    await setUp(['bun'], tools)
    await damage(join(folder, 'bun'))
    expect((await setUp(['bun'], tools)).told).toMatch(told)
    expect(await readFile(join(folder, 'bun', ...PROGRAM), 'utf8')).toBe('a program')
    expect(await readdir(folder)).toEqual(['bun'])
  })

  test('leaves nothing behind of a program that does not start, and goes on with the others', async () => {
    const verify: RuntimeTools['verify'] = async (_folder, { program }) => {
      if (program === 'bun-package/bun')
        throw new UsageError({ where: 'bun', what: 'Illegal instruction', hint: 'leave it out' })
    }
    const { told, failures } = await setUp(['bun', 'deno'], made({ verify }))
    expect(failures).toEqual(['bun: Illegal instruction; leave it out'])
    expect(told).toContain('bun: no, bun: Illegal instruction; leave it out\n')
    expect(await readdir(folder)).toEqual(['deno'])
  })

  test('stops at a download that is not the published one', async () => {
    const tools = made({
      fetch: async () => {
        throw new ChecksumError({ where: 'bun', what: 'another file', hint: 'try again' })
      },
    })
    await expect(setUp(['bun', 'deno'], tools)).rejects.toThrow(ChecksumError)
    expect(await readdir(folder)).toEqual([])
  })

  test('ends when it is interrupted, without an installation or a part of one', async () => {
    const interrupt = new AbortController()
    const tools = made({
      verify: async (_folder, _parts, signal) => {
        interrupt.abort(new Error('interrupted'))
        signal.throwIfAborted()
      },
    })
    await expect(setUp(['bun'], tools, interrupt.signal)).rejects.toThrow('interrupted')
    expect(await readdir(folder)).toEqual([])
  })

  test('removes the stage that a killed process has left', async () => {
    await mkdir(join(folder, 'bun.0123abcd.tmp'))
    await setUp(['bun'], made())
    expect(await readdir(folder)).toEqual(['bun'])
  })

  test('removes runtimes', async () => {
    const tools = made()
    await setUp(['bun'], tools)
    expect(await removeRuntimes(['bun', 'deno'], tools)).toEqual([
      `bun: removed ${join(folder, 'bun')}`,
      'deno: nothing to remove',
    ])
    expect(await readdir(folder)).toEqual([])
  })
})

describe("a runtime that needs the system's packages", () => {
  const parts = { npm: [], system: [['new-bin', 'old-bin'], ['library']] }

  test('gets the first that is carried, as root', async () => {
    const installed: string[] = []
    let updated = 0
    const tools = made({
      partsOf: () => parts,
      system: {
        isInstalled: async (name) => name === 'library' || installed.includes(name),
        isCarried: async (name) => name === 'old-bin' && updated > 0,
        mayInstall: true,
        update: async () => void updated++,
        install: async (name) => void installed.push(name),
      },
    })
    const { told, failures } = await setUp(['jsc'], tools)
    expect([failures, installed, updated]).toEqual([[], ['old-bin'], 1])
    expect(told).toContain("jsc: the system's package old-bin, library\n")
    expect(await listRuntimes(['jsc'], new AbortController().signal, tools)).toEqual([
      {
        name: 'jsc',
        state: { state: 'installed', bytes: 0, packages: [] },
        system: [
          { name: 'old-bin', installed: true },
          { name: 'library', installed: true },
        ],
      },
    ])
  })

  test('tells others the command', async () => {
    const { system } = made()
    const tools = made({ partsOf: () => parts, system: { ...system, isCarried: async () => true } })
    expect((await setUp(['jsc'], tools)).failures).toEqual([
      "runtime jsc: it needs the system's package new-bin or old-bin; run `sudo apt-get install new-bin`",
    ])
  })

  test('says so where the system carries none of them', async () => {
    const tools = made({ partsOf: () => parts })
    expect((await setUp(['jsc'], tools)).failures).toEqual([
      expect.stringMatching(/^runtime jsc: it needs .*; run `sudo apt-get update`, or install/),
    ])
  })
})

describe('the table of parts', () => {
  test('has a checksum of every package, on every platform', () => {
    const platforms = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64']
    for (const name of INSTALLABLE_NAMES) {
      const found = platforms.flatMap((platform) => partsOf(name, platform) ?? [])
      expect(found, name).not.toEqual([])
      for (const { npm, program } of found) {
        for (const { version, integrity } of npm) {
          expect(version).toMatch(/^\d+\.\d+\.\d+$/)
          expect(integrity).toMatch(/^sha512-[\w+/]{86}==$/)
        }
        if (npm.length > 0) expect(program).toContain(`${npm[0]!.name}/`)
      }
    }
    expect(partsOf('constructor', 'linux-x64')).toBeUndefined()
    expect(partsOf('bun', 'sunos-sparc')).toBeUndefined()
  })

  test('is asked for names, and refuses others in one line', () => {
    const only = { partsOf: (name: string) => (name === 'jsc' ? undefined : { npm: [] }) }
    expect(chosenRuntimes(['bun', 'bun'], only)).toEqual(['bun'])
    expect(chosenRuntimes([], only)).toEqual(INSTALLABLE_NAMES.filter((name) => name !== 'jsc'))
    expect(() => chosenRuntimes(['safari'], only)).toThrow(
      /^setup-runtimes: expected some of node20, .*, got safari; see --list$/,
    )
    expect(() => chosenRuntimes(['jsc'], only)).toThrow(/^setup-runtimes: there is no jsc for /)
  })
})

test('the program lists runtimes, and refuses a wrong name with exit code 2', async () => {
  const env = { MNIST_LAB_CACHE: folder }
  const listed = await spawned(['setup-runtimes', '--list', 'quickjs', '--json'], { env })
  expect(JSON.parse(listed.stdout)).toEqual([
    {
      name: 'quickjs',
      folder: join(folder, 'runtimes', 'quickjs'),
      state: { state: 'missing' },
      system: [],
    },
  ])
  const wrong = await spawned(['setup-runtimes', 'safari'], { env })
  expect([wrong.code, wrong.stderr]).toEqual([
    2,
    expect.stringMatching(/^setup-runtimes: expected some of [^\n]*, got safari; see --list\n$/),
  ])
  const unnamed = await spawned(['setup-runtimes', '--remove'], { env })
  expect([unnamed.code, unnamed.stderr]).toEqual([
    2,
    '--remove: it needs the names of the runtimes to remove; see --list\n',
  ])
})
