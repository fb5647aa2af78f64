import { spawn } from 'node:child_process'
import fs from 'node:fs'
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { hostname, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { folderHolds, LockedError, lockFolder } from '../src/node.js'

let root: string
let folder: string
let lockPath: string
beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'mnist-lab-lock-')))
  folder = join(root, 'runs', 'a')
  lockPath = join(root, 'runs', '.a.lock')
})
afterEach(() => rm(root, { recursive: true }))

/** Returns the number of a process that has ended. */
function endedProcess(): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['-e', ''])
    child.on('error', reject)
    child.on('close', () => resolve(child.pid!))
  })
}

/** Takes a lock, and leaves it as if another process had it. */
async function leaveLock(changes: object): Promise<void> {
  const lock = await lockFolder(folder)
  const note = await readFile(join(lockPath, 'holder.json'), 'utf8')
  await lock.release()
  await mkdir(lockPath)
  await writeFile(
    join(lockPath, 'holder.json'),
    JSON.stringify({ ...(JSON.parse(note) as object), ...changes }),
  )
}

test('a folder has one holder, and nothing remains once it is released', async () => {
  const lock = await lockFolder(folder)
  expect(await readdir(join(root, 'runs'))).toEqual(['.a.lock'])
  await expect(lockFolder(folder)).rejects.toBeInstanceOf(LockedError)
  await expect(lockFolder(folder)).rejects.toThrow(
    new RegExp(
      `^${folder}: process ${process.pid}, since 2\\d{3}-.*, is using this folder; wait until it ends, or choose another folder$`,
    ),
  )
  lock.assertHeld()
  await lock.release()
  await lock.release()
  expect(await readdir(join(root, 'runs'))).toEqual([])
  await (await lockFolder(folder)).release()
})

test('one of many that ask at the same time gets the folder, also after a process was killed', async () => {
  for (const before of ['nothing', 'killed']) {
    if (before === 'killed') await leaveLock({ pid: await endedProcess() })
    const ends = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(folder)))
    const locks = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []))
    expect(locks, before).toHaveLength(1)
    for (const end of ends)
      if (end.status === 'rejected') expect(end.reason).toBeInstanceOf(LockedError)
    await locks[0]!.release()
  }
})

test('the lock of a process that has ended is removed at once, and only on its own machine', async () => {
  const pid = await endedProcess()
  await leaveLock({ pid, host: 'elsewhere' })
  await expect(lockFolder(folder)).rejects.toThrow(`process ${pid} on elsewhere, since 2`)
  await expect(lockFolder(folder)).rejects.toThrow(`; if it is gone, remove ${lockPath}`)
  await rm(lockPath, { recursive: true })
  await leaveLock({ pid, namespace: 'another container' })
  await expect(lockFolder(folder)).rejects.toThrow(`process ${pid} on ${hostname()}, since`)
  await rm(lockPath, { recursive: true })
  await leaveLock({ pid })
  await (await lockFolder(folder)).release()
  expect(await readdir(join(root, 'runs'))).toEqual([])
})

test.each([
  ['no note', undefined],
  ['half a note', '{"pid":'],
  ['a note of another form', '{"pid":-1}'],
])('a lock with %s holds until it is old', async (_, note) => {
  await mkdir(lockPath, { recursive: true })
  if (note !== undefined) await writeFile(join(lockPath, 'holder.json'), note)
  await expect(lockFolder(folder)).rejects.toThrow(': another process is using this folder; ')
  // Its process would have written the note long ago.
  const old = new Date(Date.now() - 20_000)
  await utimes(lockPath, old, old)
  await (await lockFolder(folder)).release()
})

test('a lock adds no handlers of signals', async () => {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  const count = () => signals.map((signal) => process.listenerCount(signal))
  vi.resetModules()
  const before = count()
  const { lockFolder: fresh } = await import('../src/node.js')
  const lock = await fresh(folder)
  expect(count()).toEqual(before)
  await lock.release()
})

test('a folder has the same lock under all its names', async () => {
  await mkdir(folder, { recursive: true })
  await symlink(folder, join(root, 'other'))
  const lock = await lockFolder(join(root, 'other'))
  await expect(lockFolder(folder)).rejects.toBeInstanceOf(LockedError)
  await lock.release()
})

test('a name as long as the file system allows can be locked', async () => {
  const lock = await lockFolder(join(root, 'n'.repeat(255)))
  await lock.release()
  expect(await readdir(root)).toEqual([])
})

test('a path through a file is refused in one line', async () => {
  await writeFile(join(root, 'file'), '')
  await expect(lockFolder(join(root, 'file', 'a'))).rejects.toThrow(/\((ENOTDIR|EEXIST)\); /)
})

test.each(['EACCES', 'EPERM', 'EROFS'])(
  'the lock is in the folder where the folder above refuses it (%s), and is no file of it',
  async (code) => {
    await mkdir(folder, { recursive: true })
    const { mkdir: original } = fs
    const refusing = (path: string, done: (error: Error | null) => void) =>
      dirname(path) === join(root, 'runs')
        ? done(Object.assign(new Error(code), { code }))
        : original(path, done)
    fs.mkdir = refusing as typeof original
    syncBuiltinESMExports()
    try {
      const lock = await lockFolder(folder)
      expect([await readdir(join(root, 'runs')), await readdir(folder)]).toEqual([['a'], ['.lock']])
      await expect(lockFolder(folder)).rejects.toThrow(`${folder}: process ${process.pid}, since 2`)
      expect(await folderHolds(folder, 'run.json', 'run')).toBe(false)
      lock.assertHeld()
      await lock.release()
      expect(await readdir(folder)).toEqual([])
      await (await lockFolder(folder)).release()
    } finally {
      fs.mkdir = original
      syncBuiltinESMExports()
    }
  },
)
