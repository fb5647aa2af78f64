import { createHash } from 'node:crypto'
import { access, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findInstallation, node } from '@mnist-lab/backends/node'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { libtensorflowIn } from '../src/native/compile.js'
import { checkDownload, ChecksumError, sha256 } from '../src/setup/checksum.js'
import { archiveFor, download } from '../src/native/from-archive.js'
import { chosenWheel } from '../src/native/from-wheel.js'
import { runCommand } from '../src/setup/run-command.js'
import { type SetupOptions, setupNative, type Method } from '../src/native/setup-native.js'
import type { Stage } from '../src/setup/stage.js'
import { UsageError } from '@mnist-lab/terminal'
import { spawned } from './support/program.js'

const never = new AbortController().signal

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mnist-native-'))
  return () => rm(folder, { recursive: true })
})

describe('setting up', () => {
  const works: Method = {
    title: 'one that works',
    async prepare(stage) {
      await writeFile(join(stage.folder, 'addon.node'), 'machine code')
      return { source: 'thin air', binding: 'addon.node' }
    },
  }
  const fails: Method = {
    title: 'one that fails',
    prepare: async (stage: Stage) => {
      await writeFile(join(stage.folder, 'half'), 'of it')
      throw new UsageError({ where: 'compiler', what: 'not there', hint: 'install one' })
    },
  }
  const fetchKernels = async (stage: Stage) => {
    await mkdir(join(stage.folder, 'tfjs-node'))
    await writeFile(join(stage.folder, 'tfjs-node', 'kernels.js'), '')
  }

  async function setUp(
    options: SetupOptions,
    signal: AbortSignal = never,
  ): Promise<{ told: string; tensorflow: string }> {
    let told = ''
    const terminal = {
      out: { write() {} },
      err: {
        write: (text: string) => {
          told += text
        },
      },
      signal,
    }
    const { tensorflow } = await setupNative(terminal, {
      folder: join(folder, 'native'),
      fetchKernels,
      verify: async () => '2.99.0',
      ...options,
    })
    return { told, tensorflow }
  }

  test('takes the first method that works, and writes a complete folder and no temporary files', async () => {
    const { told, tensorflow } = await setUp({ methods: [fails, works, fails] })
    expect(tensorflow).toBe('2.99.0')
    expect(told).toMatch(
      /^1\. one that fails\n {3}no: compiler: not there; install one\n2\. one that works\n/,
    )
    expect(await readdir(folder)).toEqual(['native'])
    expect((await readdir(join(folder, 'native'))).toSorted()).toEqual([
      'addon.node',
      'installation.json',
      'tfjs-node',
    ])
    const found = findInstallation(join(folder, 'native'))
    expect(found).toMatchObject({
      ok: true,
      installation: { source: 'thin air', tensorflow: '2.99.0', binding: 'addon.node' },
    })
    expect(await node({ folder: join(folder, 'native') }).probe()).toEqual({
      ok: true,
      detail: 'TensorFlow 2.99.0 (thin air)',
    })
  })

  test('does nothing when it has been done', async () => {
    await setUp({ methods: [works] })
    expect((await setUp({ methods: [fails] })).told).toMatch(
      /^checking .*\nalready set up: TensorFlow 2\.99\.0 \(thin air\)/,
    )
  })

  test.each<[string, (native: string) => Promise<void>, RegExp]>([
    [
      'a file is missing',
      (native) => rm(join(native, 'addon.node')),
      /addon\.node is missing or changed/,
    ],
    [
      'a file is cut off',
      (native) => writeFile(join(native, 'addon.node'), 'machine'),
      /addon\.node is missing or changed/,
    ],
    [
      'a byte has changed',
      (native) => writeFile(join(native, 'addon.node'), 'machine cobe'),
      /addon\.node has changed/,
    ],
    [
      'its description is cut off',
      (native) => writeFile(join(native, 'installation.json'), '{"sch'),
      /is damaged \(not JSON \(/,
    ],
    [
      'its description is of another version',
      (native) => writeFile(join(native, 'installation.json'), '{"schema":"x"}'),
      /another version/,
    ],
    ['it was left half-finished', (native) => rm(join(native, 'installation.json')), /not set up/],
  ])('does it again when %s', async (_what, damage, told) => {
    const native = join(folder, 'native')
    await setUp({ methods: [works] })
    await damage(native)
    const again = await setUp({ methods: [works] })
    expect(again.told).toMatch(told)
    expect(again.told).toContain('1. one that works')
    expect(await readFile(join(native, 'addon.node'), 'utf8')).toBe('machine code')
  })

  test('sets up again if the existing installation no longer trains', async () => {
    await setUp({ methods: [works] })
    let calls = 0
    const verify = async () => {
      if (calls++ === 0)
        throw new UsageError({ where: 'addon', what: 'wrong ELF class', hint: 'another' })
      return '2.99.1'
    }
    const { told, tensorflow } = await setUp({ methods: [works], verify })
    expect(told).toContain(
      'the existing installation does not work and is set up again (addon: wrong ELF class',
    )
    expect(tensorflow).toBe('2.99.1')
  })

  test('fails with everything that is missing in one line, and leaves no files behind', async () => {
    const error = await setUp({ methods: [fails, fails] }).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(UsageError)
    expect((error as Error).message).toBe(
      'native TensorFlow: the set-up failed: (1) compiler: not there; install one. (2) compiler: not there; ' +
        'install one; fix one of these problems and run the command again; until then --backend=wasm trains the same models',
    )
    expect(await readdir(folder)).toEqual([])
  })

  test('keeps the old installation if the new one does not train', async () => {
    await setUp({ methods: [works] })
    await writeFile(join(folder, 'native', 'addon.node'), 'repaired by hand')
    const verify = () =>
      Promise.reject(new UsageError({ where: 'addon', what: 'does not load', hint: 'another' }))
    await expect(setUp({ methods: [works], verify })).rejects.toThrow('does not load')
    expect(await readFile(join(folder, 'native', 'addon.node'), 'utf8')).toBe('repaired by hand')
  })

  test('ends at a download that is not the published one, and tries no other method', async () => {
    const wrong: Method = {
      title: 'one with a wrong download',
      prepare: async (stage) => {
        const file = join(stage.folder, 'archive')
        await writeFile(file, 'other bytes')
        await checkDownload(file, 'https://mirror/archive', sha256('0'.repeat(64)), never)
        return works.prepare(stage)
      },
    }
    await setUp({ methods: [works] })
    await writeFile(join(folder, 'native', 'addon.node'), 'damaged')
    const error = await setUp({ methods: [fails, wrong, works] }).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ChecksumError)
    expect((error as Error).message).toMatch(
      /^https:\/\/mirror\/archive: the downloaded file is not the published one, expected SHA-256 0{64}, got [\da-f]{64}; nothing was installed; /,
    )
    expect(await readdir(folder)).toEqual(['native'])
    expect(await readFile(join(folder, 'native', 'addon.node'), 'utf8')).toBe('damaged')
  })

  test('refuses a second set-up while one is running', async () => {
    let go = () => {}
    const gate = new Promise<void>((resolve) => {
      go = resolve
    })
    const slow: Method = {
      title: 'slow',
      prepare: (stage) => gate.then(() => works.prepare(stage)),
    }
    const first = setUp({ methods: [slow] })
    await expect.poll(() => readdir(folder)).toContain('.native.lock')
    await expect(setUp({ methods: [works] })).rejects.toThrow(
      /native: process \d+, since .*, is using this folder; wait until it ends/,
    )
    go()
    expect((await first).tensorflow).toBe('2.99.0')
    expect(await readdir(folder)).toEqual(['native'])
  })

  test('removes what a killed set-up has left, and nothing else', async () => {
    await mkdir(join(folder, 'native.0123abcd.tmp', 'wheel'), { recursive: true })
    await mkdir(join(folder, 'native.mine'))
    await mkdir(join(folder, 'other.0123abcd.tmp'))
    await setUp({ methods: [works] })
    expect((await readdir(folder)).toSorted()).toEqual([
      'native',
      'native.mine',
      'other.0123abcd.tmp',
    ])
  })

  test('says in one line that the disk refuses', async () => {
    const full: Method = {
      title: 'one that writes too much',
      prepare: () =>
        Promise.reject(
          Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC', syscall: 'write' }),
        ),
    }
    await expect(setUp({ methods: [full, works] })).rejects.toThrow(
      `${join(folder, 'native')}: the disk is full (ENOSPC); free some space or choose another folder`,
    )
    expect(await readdir(folder)).toEqual([])
  })

  test('ends when it is aborted, and leaves no files behind', async () => {
    const abort = new AbortController()
    const slow: Method = {
      title: 'slow',
      prepare: (stage) => {
        setTimeout(() => abort.abort(), 50)
        return runCommand(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], {
          signal: stage.signal,
          hint: '',
        }).then(() => works.prepare(stage))
      },
    }
    await expect(setUp({ methods: [slow] }, abort.signal)).rejects.toThrow('aborted')
    expect(abort.signal.aborted).toBe(true)
    expect(await readdir(folder)).toEqual([])
  })
})

describe('the parts', () => {
  test('run a program, and say in one line why it cannot', async () => {
    expect(await runCommand(process.execPath, ['-p', '6 * 7'], { signal: never, hint: '' })).toBe(
      '42\n',
    )
    await expect(
      runCommand('no-such-program', [], { signal: never, hint: 'get it' }),
    ).rejects.toThrow('no-such-program: not found; get it')
    await expect(
      runCommand(process.execPath, ['-e', 'console.error("first"); throw new Error("second")'], {
        signal: never,
        hint: 'hint',
      }),
    ).rejects.toThrow(/: .*Error.*second.*; hint$/)
  })

  test('look for the release archive where its publisher has it, or on a mirror', () => {
    for (const host of ['https://mirror', 'https://mirror/'])
      expect(archiveFor('linux', 'x64', host)).toMatchObject({
        url: 'https://mirror/tensorflow/libtensorflow/libtensorflow-cpu-linux-x86_64-2.9.1.tar.gz',
        checksum: {
          algorithm: 'sha256',
          digest: expect.stringMatching(/^[\da-f]{64}$/) as unknown,
        },
      })
    expect(archiveFor('darwin', 'arm64', 'https://mirror/')).toBeUndefined()
  })

  test('hold a wheel to the published checksum, or to the one that the user states', () => {
    const stated = sha256('AB'.repeat(32))
    expect(chosenWheel('linux', 'x64', undefined).checksum.digest).toMatch(/^[\da-f]{64}$/)
    expect(chosenWheel('linux', 'x64', stated).checksum.digest).toBe('ab'.repeat(32))
    expect(chosenWheel('linux', 'arm64', stated).checksum).toEqual(stated)
  })

  test('download no wheel whose checksum nobody has stated', () => {
    expect(() => chosenWheel('linux', 'arm64', undefined)).toThrow(
      'tensorflow-2.21.0-cp311-cp311-manylinux_2_27_aarch64.whl: mnist-lab knows no checksum of this file, and downloads nothing ' +
        'unchecked; pass --wheel-sha256 with the SHA-256 that https://pypi.org/project/tensorflow/2.21.0/#files shows for it',
    )
    expect(() => chosenWheel('aix', 'ppc64', undefined)).toThrow('there is none for aix ppc64')
  })

  test('take a checksum of 64 hexadecimal digits only', async () => {
    expect(await spawned(['setup-native', '--wheel-sha256', '12'])).toEqual({
      code: 2,
      stdout: '',
      stderr:
        '--wheel-sha256: expected 64 hexadecimal digits, got "12"; copy the SHA-256 from the page that lists the files\n',
    })
  })

  test.each(['', 'lib'])('find a TensorFlow with its libraries in "%s"', async (where) => {
    await mkdir(join(folder, 'include/tensorflow/c'), { recursive: true })
    await mkdir(join(folder, where), { recursive: true })
    await writeFile(join(folder, 'include/tensorflow/c/c_api.h'), '')
    expect(libtensorflowIn(folder, 'linux')).toBeUndefined()
    const libraries = ['libtensorflow.so.2', 'libtensorflow_framework.so.2'].map((name) =>
      join(folder, where, name),
    )
    for (const library of libraries) await writeFile(library, '')
    expect(libtensorflowIn(folder, 'linux')).toEqual({
      libraries,
      include: join(folder, 'include'),
    })
    expect(libtensorflowIn(folder, 'darwin')).toBeUndefined()
  })
})

describe('a download', () => {
  let server: Server
  let url: string
  const body = Buffer.from('the bytes of an archive')
  const checksum = sha256(createHash('sha256').update(body).digest('hex'))
  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url === '/none') response.writeHead(404).end()
      else if (request.url === '/damaged') response.end('other bytes')
      else if (request.url === '/slow') response.write('the')
      else if (request.url === '/short')
        response.writeHead(200, { 'content-length': body.length }).write('the', () => {
          response.destroy()
        })
      else response.end(body)
    })
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve)
    })
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => {
    server.close()
  })

  const fetched = (from: string, signal = never, say = () => {}) =>
    download({ url: from, checksum }, join(folder, 'file'), { signal, say })

  test('is written and checked', async () => {
    await fetched(`${url}/good`)
    expect(await readFile(join(folder, 'file'))).toEqual(body)
  })

  test.each([
    ['/damaged', /the downloaded file is not the published one, expected SHA-256 .*, got .*; /],
    ['/none', /the host answers 404/],
    ['/short', /the download ended after 3 bytes \(.+\); /],
  ])('of %s is refused in one line', async (path, message) => {
    await expect(fetched(url + path)).rejects.toThrow(message)
  })

  test('ends at once when it is aborted', async () => {
    const abort = new AbortController()
    const reason = new Error('Ctrl-C')
    await expect(fetched(`${url}/slow`, abort.signal, () => abort.abort(reason))).rejects.toBe(
      reason,
    )
  })

  test('from a host that does not exist fails with the reason', async () => {
    await expect(fetched('http://127.0.0.1:9/x')).rejects.toThrow(
      /^127\.0\.0\.1:9: cannot be reached \(.+\)/,
    )
    await expect(fetched('mirror/x')).rejects.toThrow(
      /^TFJS_NODE_CDN_STORAGE: it is not the address of a host, /,
    )
  })
})

describe('without native TensorFlow', () => {
  test('train and bench say in one line how to get it, and doctor too', async () => {
    const env = { MNIST_LAB_CACHE: join(folder, 'empty') }
    expect(await spawned(['train', 'lenet5', '--backend', 'node'], { env })).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'backend node: native TensorFlow is not set up; run `pnpm setup:native` (`mnist setup-native`)\n',
    })
    const { code, stdout } = await spawned(['doctor'], { env })
    expect(code).toBe(0)
    expect(stdout).toMatch(/^node +no +native TensorFlow is not set up; run `pnpm setup:native`/m)
    await expect(access(env.MNIST_LAB_CACHE)).rejects.toThrow('ENOENT')
  })
})
