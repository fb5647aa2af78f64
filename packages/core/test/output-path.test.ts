import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  assertWritable,
  createFolder,
  FileError,
  lockFolder,
  writeFileAtomic,
} from '../src/node.js'
import { badPlaces } from './support/bad-places.js'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'mnist-lab-output-'))
})
afterEach(() => rm(root, { recursive: true }))

test('a bad place is refused in one line by everything that writes, and nothing is created', async () => {
  for (const { name, path, line } of await badPlaces(root)) {
    if (path === '') continue
    const before = await readdir(root)
    for (const work of [
      () => createFolder(join(path, 'a')),
      () => assertWritable(path, 'created'),
      () => assertWritable(path),
      () => writeFileAtomic(path, 'x'),
      () => lockFolder(path),
    ]) {
      const error: unknown = await work().catch((cause: unknown) => cause)
      expect(error, name).toBeInstanceOf(FileError)
      expect((error as Error).message, name).toMatch(line)
    }
    expect(await readdir(root), name).toEqual(before)
  }
  expect(await readFile(join(root, 'file'), 'utf8')).toBe('kept')
})

test('missing folders are created, by several callers at once too', async () => {
  const path = join(root, 'a', 'b', 'c')
  await Promise.all([createFolder(path), createFolder(path), createFolder(join(root, 'a', 'd'))])
  await createFolder(path)
  expect(await readdir(join(root, 'a'))).toEqual(['b', 'd'])
})

test('the check leaves nothing behind and changes nothing', async () => {
  const file = join(root, 'file')
  await writeFile(file, 'old')
  await assertWritable(file)
  await assertWritable(join(root, 'new'))
  await assertWritable(join(root, 'a', 'b', 'new'), 'created')
  await expect(assertWritable(join(root, 'a', 'new'))).rejects.toThrow(/no such file or folder/)
  await mkdir(join(root, 'folder'))
  await expect(assertWritable(join(root, 'folder'))).rejects.toThrow(
    /folder: it is a folder \(EISDIR\); name a file$/,
  )
  expect(await readdir(root)).toEqual(['file', 'folder'])
  expect(await readFile(file, 'utf8')).toBe('old')
})

test('a link stays, and the file that it leads to is written', async () => {
  await mkdir(join(root, 'results'))
  await writeFile(join(root, 'results', 'a'), 'old')
  await symlink(join('results', 'a'), join(root, 'latest'))
  await writeFileAtomic(join(root, 'latest'), 'new')
  expect(await readFile(join(root, 'results', 'a'), 'utf8')).toBe('new')
  expect(await readdir(root)).toEqual(['latest', 'results'])
  expect(await readdir(join(root, 'results'))).toEqual(['a'])
})

test('the longest name that a file can have is written', async () => {
  const name = 'n'.repeat(255)
  await writeFileAtomic(join(root, name), 'x')
  expect(await readdir(root)).toEqual([name])
})

test.skipIf(!existsSync('/dev/full'))('a device stays a device', async () => {
  await writeFileAtomic('/dev/null', 'x')
  await expect(writeFileAtomic('/dev/full', 'x')).rejects.toThrow(
    /^\/dev\/full: the disk is full \(ENOSPC\); /,
  )
  for (const device of ['/dev/null', '/dev/full'])
    expect((await stat(device)).isCharacterDevice(), device).toBe(true)
})
