import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FileError, readIfThere, writeFileAtomic } from '../src/node.js'

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
  const bytes = (await readIfThere(path))!
  bytes.slice()[0] = 9
  expect([...bytes]).toEqual([1, 2])
  expect(await readIfThere(join(folder, 'none'))).toBeUndefined()
  await expect(readIfThere(folder)).rejects.toThrow(/: it is a folder \(EISDIR\); name a file$/)
})
