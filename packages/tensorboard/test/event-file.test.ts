import { mkdtemp, open, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AppendedFile } from '../src/node/event-file.js'
import { openEventFile } from '../src/node.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mnist-lab-events-'))
})
afterEach(() => rm(folder, { recursive: true }))

const now = () => 1_700_000_000_500

test('creates its folder, and names the file by the second', async () => {
  const file = await openEventFile(join(folder, 'a', 'b'), { now })
  await file.close()
  expect(file.path).toBe(join(folder, 'a', 'b', 'events.out.tfevents.1700000000.mnist-lab'))
})

test('gives every new file in a folder a later name, even if the clock stands still or runs back', async () => {
  const names = []
  for (const time of [now, now, () => 1_600_000_000_000]) {
    const file = await openEventFile(folder, { now: time })
    await file.close()
    names.push(basename(file.path))
  }
  expect(names).toEqual(
    ['1700000000', '1700000001', '1700000002'].map(
      (second) => `events.out.tfevents.${second}.mnist-lab`,
    ),
  )
  expect((await readdir(folder)).toSorted()).toEqual(names)
})

test('appends only at a flush, and does not change earlier bytes', async () => {
  const file = await openEventFile(folder, { now })
  const begin = await readFile(file.path)
  file.add(1, { loss: 2 })
  expect((await stat(file.path)).size).toBe(begin.length)
  await file.flush()
  const one = await readFile(file.path)
  file.add(2, { loss: 1 })
  await file.close()
  const two = await readFile(file.path)
  expect(one.length).toBeGreaterThan(begin.length)
  expect(two.subarray(0, one.length)).toEqual(one)
  expect(two.length - one.length).toBe(one.length - begin.length)
  file.add(3, { loss: 0 })
  await file.close()
  expect(await readFile(file.path)).toEqual(two)
})

test.skipIf(process.platform !== 'linux')(
  'continues without writing when the disk is full, and reports the problem',
  async () => {
    const file = new AppendedFile('/dev/full', await open('/dev/full', 'w'), now)
    file.add(1, { loss: 2 })
    await file.flush()
    expect(file.problem?.message).toContain('ENOSPC')
    file.add(2, { loss: 2 })
    await file.close()
  },
)

test('fails if the folder cannot be created', async () => {
  await expect(openEventFile('/dev/null/a')).rejects.toThrow('ENOTDIR')
})
