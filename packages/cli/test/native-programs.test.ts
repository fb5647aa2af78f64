// The programs that the set-up starts: stand-ins for npm, Python and the compiler, which hang or
// bring wrong files, and a real compiler in a folder with a difficult name.
import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { beforeEach, describe, expect, test } from 'vitest'
import { compileBinding, findCompiler } from '../src/native/compile.js'
import { wheelFile } from '../src/native/downloads.js'
import { sha256 } from '../src/setup/checksum.js'
import { chosenWheel, fromWheel } from '../src/native/from-wheel.js'
import { runCommand } from '../src/setup/run-command.js'
import { setupNative } from '../src/native/setup-native.js'
import { spawned } from './support/program.js'

const never = new AbortController().signal

let folder: string
let programs: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mnist-programs-'))
  programs = join(folder, 'programs')
  await mkdir(programs)
  return () => rm(folder, { recursive: true })
})

/** Writes a program of this name that is found before the system's. */
async function standIn(name: string, script: string): Promise<void> {
  const file = join(programs, name)
  await writeFile(file, `#!/bin/sh\n${script}\n`)
  await chmod(file, 0o755)
}

/** Starts a process that starts another one; both would run for long. Their numbers are written. */
const hangs = () => `
sleep 300 &
echo $! > '${folder}/inner'
echo $$ > '${folder}/outer.part' && mv '${folder}/outer.part' '${folder}/outer'
wait`

/** Waits until {@link hangs} has started both. */
const hanging = () => expect.poll(() => readdir(folder), { timeout: 20_000 }).toContain('outer')

/** Returns the numbers of the processes of {@link hangs} that still run. */
async function alive(): Promise<string[]> {
  const numbers = await Promise.all(
    ['inner', 'outer'].map(async (name) => (await readFile(join(folder, name), 'utf8')).trim()),
  )
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,stat='])
  // A process of state Z has ended, and its parent has not asked for its exit code.
  const running = stdout.split('\n').filter((line) => !/Z/.test(line))
  return numbers.filter((number) => running.some((line) => line.trim().startsWith(`${number} `)))
}

function withPrograms(): () => void {
  const path = process.env['PATH']
  process.env['PATH'] = `${programs}${delimiter}${path}`
  return () => {
    process.env['PATH'] = path
  }
}

describe.skipIf(process.platform === 'win32')('a set-up that is ended', () => {
  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'by %s while npm runs: ends with code 130, npm with all its processes, and nothing is left',
    async (signal) => {
      await standIn('npm', hangs())
      const cache = join(folder, 'a, b')
      const ended = spawned(['setup-native'], {
        env: { MNIST_LAB_CACHE: cache, PATH: `${programs}${delimiter}${process.env['PATH']}` },
        until: hanging(),
        signal,
      })
      expect(await ended).toMatchObject({
        code: 130,
        stdout: '',
        stderr: expect.stringMatching(/interrupted\n$/) as unknown,
      })
      expect(await alive()).toEqual([])
      expect(await readdir(cache)).toEqual([])
    },
  )

  test.each([
    ['pip', { python3: 'case "$*" in *download*) HANG;; esac', 'c++': 'exit 0' }],
    [
      'the compiler',
      {
        python3: 'case "$*" in *find_spec*) echo "$TENSORFLOW";; esac',
        'c++': 'case "$*" in *--version*) ;; *) HANG;; esac',
      },
    ],
  ] as const)('while %s runs: so do its processes, and nothing is left', async (_what, scripts) => {
    const tensorflow = join(folder, 'tensorflow')
    await mkdir(join(tensorflow, 'include/tensorflow/c'), { recursive: true })
    for (const name of [
      'include/tensorflow/c/c_api.h',
      'libtensorflow_cc.so.2',
      'libtensorflow_framework.so.2',
      'libtensorflow_cc.2.dylib',
      'libtensorflow_framework.2.dylib',
    ])
      await writeFile(join(tensorflow, name), '')
    for (const [name, script] of Object.entries(scripts))
      await standIn(name, script.replace('HANG', hangs).replace('$TENSORFLOW', tensorflow))
    const restore = withPrograms()
    const abort = new AbortController()
    const reason = new Error('Ctrl-C')
    try {
      const set = setupNative(
        { out: { write() {} }, err: { write() {} }, signal: abort.signal },
        {
          folder: join(folder, 'cache', 'native'),
          wheelChecksum: sha256('0'.repeat(64)),
          fetchKernels: async (stage) => {
            await mkdir(join(stage.folder, 'tfjs-node'))
          },
        },
      )
      await Promise.race([hanging(), set])
      abort.abort(reason)
      await expect(set).rejects.toBe(reason)
    } finally {
      restore()
    }
    expect(await alive()).toEqual([])
    expect(await readdir(join(folder, 'cache'))).toEqual([])
  })

  test('does not wait for a program that ignores the signal', async () => {
    await standIn('stubborn', `trap '' TERM\n${hangs()}\nwait`)
    const abort = new AbortController()
    const ended = runCommand(join(programs, 'stubborn'), [], { signal: abort.signal, hint: '' })
    await hanging()
    abort.abort()
    await expect(ended).rejects.toThrow('aborted')
    expect(await alive()).toEqual([])
  })
})

describe.skipIf(process.platform === 'win32')('a wrong file', () => {
  test('from the npm registry ends the set-up with one line, and nothing is left', async () => {
    await standIn('npm', 'echo other > "$4/tensorflow-tfjs-node-4.22.0.tgz"')
    const cache = join(folder, 'a, b')
    const { code, stdout, stderr } = await spawned(['setup-native'], {
      env: { MNIST_LAB_CACHE: cache, PATH: `${programs}${delimiter}${process.env['PATH']}` },
    })
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr.split('\n').slice(1)).toEqual([
      expect.stringMatching(
        /^@tensorflow\/tfjs-node from the npm registry: the downloaded file is not the published one, expected SHA-512 uHrX.*, got .*; nothing was installed; /,
      ),
      '',
    ])
    expect(await readdir(cache)).toEqual([])
  })

  test.each([
    [
      'that pip refuses',
      `case "$*" in *download*) echo 'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.
    tensorflow-cpu==2.21.0:
        Expected sha256 ${'0'.repeat(64)}
             Got        ${'1'.repeat(64)}' >&2; exit 1;; esac`,
      '1'.repeat(64),
    ],
    [
      'that pip lets pass',
      `case "$*" in *download*) for last; do :; done; echo other > "$last/WHEEL";; esac`,
      '[\\da-f]{64}',
    ],
  ])('%s is an error of the wheel', async (_which, python, got) => {
    const stated = sha256('0'.repeat(64))
    const { wheel } = chosenWheel(process.platform, process.arch, stated)
    await standIn('python3', python.replace('WHEEL', wheelFile(wheel)))
    const restore = withPrograms()
    try {
      const stage = { folder, signal: never, say() {} }
      await expect(fromWheel(stage, stated)).rejects.toThrow(
        new RegExp(
          `^tensorflow.*\\.whl from the pip index: the downloaded file is not the published one, expected SHA-256 0{64}, got ${got}; `,
        ),
      )
    } finally {
      restore()
    }
  })
})

const compiler = await findCompiler(never).catch(() => undefined)
const required = (process.env['REQUIRE_BACKENDS'] ?? '').split(',').includes('node')

describe.skipIf(compiler === undefined && !required)('the compiled addon (no C++ compiler)', () => {
  // A colon separates paths in a library, so it may be in the stage's name only.
  test.each([
    ['in the stage', 'a, b $c \'d" #1 %41 é:e', 'stage'],
    ['elsewhere', 'a, b $c \'d" #1 %41 é', 'tensorflow'],
  ])('finds its library %s, in folders with difficult names', async (_where, name, where) => {
    const stage = join(folder, name, 'stage')
    const libraries = join(folder, name, where)
    const binding = join(stage, 'tfjs-node', 'binding')
    const include = join(folder, name, 'include, too')
    for (const each of [binding, libraries, join(include, 'tensorflow', 'c')])
      await mkdir(each, { recursive: true })
    await writeFile(join(include, 'tensorflow', 'c', 'c_api.h'), 'extern "C" int answer();')
    await writeFile(join(binding, 'tfjs_backend.cc'), '')
    await writeFile(
      join(binding, 'tfjs_binding.cc'),
      `#include <node_api.h>
#include "tensorflow/c/c_api.h"
NAPI_MODULE_INIT() {
  napi_value result;
  napi_create_int32(env, answer(), &result);
  return result;
}`,
    )
    const library = join(libraries, 'libanswer.so')
    await writeFile(join(folder, 'answer.cc'), 'extern "C" int answer() { return 42; }')
    await promisify(execFile)(compiler!, [
      '-shared',
      '-fPIC',
      ...(process.platform === 'darwin'
        ? ['-install_name', '@rpath/libanswer.so']
        : ['-Xlinker', '-soname', '-Xlinker', 'libanswer.so']),
      join(folder, 'answer.cc'),
      '-o',
      library,
    ])
    const built = await compileBinding(
      { include, libraries: [library] },
      { folder: stage, signal: never, say() {} },
    )
    expect(createRequire(import.meta.url)(join(stage, built.binding))).toBe(42)
    expect((await readdir(stage)).toSorted()).toEqual(
      [
        ...(where === 'stage' ? ['libanswer.so'] : []),
        'mute_stderr.node',
        'tfjs-node',
        'tfjs_binding.node',
      ].toSorted(),
    )
  })
})
