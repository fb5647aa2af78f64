import { randomUUID } from 'node:crypto'
import {
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  utimes,
  writeFile,
} from 'node:fs/promises'
import type * as FileSystem from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { FileError, readIfThere, removeTemporaryFiles, writeFileAtomic } from '../src/node.js'

vi.mock('node:fs/promises', async (original) => {
  const actual = await original<typeof FileSystem>()
  return { ...actual, open: vi.fn(actual.open), rename: vi.fn(actual.rename) }
})

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mnist-lab-files-'))
})
afterEach(() => rm(folder, { recursive: true }))

test('a file replaces the old one, and no temporary file remains', async () => {
  const path = join(folder, 'a.txt')
  await writeFile(path, 'old')
  await writeFileAtomic(path, 'new')
  expect(await readFile(path, 'utf8')).toBe('new')
  expect(await readdir(folder)).toEqual(['a.txt'])
})

test('a write that fails is reported in one line, and the old file stays', async () => {
  const path = join(folder, 'b')
  await mkdir(path)
  await writeFile(join(path, 'kept'), '')
  await expect(writeFileAtomic(path, 'new')).rejects.toBeInstanceOf(FileError)
  await expect(writeFileAtomic(join(folder, 'none', 'c'), '')).rejects.toThrow(
    `${join(folder, 'none', 'c')}: no such file or folder (ENOENT); check the path`,
  )
  expect(await readdir(folder)).toEqual(['b'])
})

test('a file is read into its own memory, a missing file is undefined, and a folder is refused', async () => {
  const path = join(folder, 'a')
  await writeFile(path, Uint8Array.of(1, 2))
  const bytes = (await readIfThere(path, 2))!
  bytes.slice()[0] = 9
  expect([...bytes]).toEqual([1, 2])
  expect(await readIfThere(join(folder, 'none'), 2)).toBeUndefined()
  await expect(readIfThere(folder, 2)).rejects.toThrow(/: it is a folder \(EISDIR\); name a file$/)
})

test('only temporary files that no process is writing are removed', async () => {
  const temporary = (file: string) => `.${file}.${randomUUID()}.tmp`
  const [own, fresh, old] = [temporary('run.json'), temporary('b.json'), temporary('b.json')]
  const others = ['run.json', '.run.json.tmp', '.run.json.1.tmp', `x${temporary('run.json')}`]
  for (const name of [own, fresh, old, ...others]) await writeFile(join(folder, name), '')
  const before = new Date(Date.now() - 120_000)
  await utimes(join(folder, old), before, before)
  await removeTemporaryFiles(folder, ['run.json'])
  expect((await readdir(folder)).toSorted()).toEqual([fresh, ...others].toSorted())
  await removeTemporaryFiles(join(folder, 'none'), [])
})

test('the folder is flushed after the rename, and an error of the disk there is reported', async () => {
  const steps: string[] = []
  const actual = await vi.importActual<typeof FileSystem>('node:fs/promises')
  vi.mocked(rename).mockImplementationOnce((from, to) => {
    steps.push('rename')
    return actual.rename(from, to)
  })
  const sync = (code?: string) => async () => {
    steps.push('sync of the folder')
    if (code !== undefined) throw Object.assign(new Error(code), { code })
  }
  const opened = (code?: string) =>
    vi.mocked(open).mockImplementation(async (path, flags) => {
      const handle = await actual.open(path, flags)
      if (path === folder) handle.sync = sync(code)
      return handle
    })
  opened()
  await writeFileAtomic(join(folder, 'a'), 'new')
  expect(steps).toEqual(['rename', 'sync of the folder'])
  opened('EINVAL')
  await writeFileAtomic(join(folder, 'a'), 'newer')
  opened('EIO')
  await expect(writeFileAtomic(join(folder, 'a'), 'newest')).rejects.toBeInstanceOf(FileError)
  vi.mocked(open).mockImplementation(actual.open)
})
