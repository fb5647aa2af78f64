import { execFile } from 'node:child_process'
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FileError, readBounded, readIfThere } from '../src/node.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mnist-lab-read-'))
})
afterEach(() => rm(folder, { recursive: true }))

test.each([0, 1, 65_535, 65_536, 65_537, 1_000_000])('a file of %i bytes is read', async (size) => {
  const path = join(folder, 'a')
  const content = Uint8Array.from({ length: size }, (_, at) => at * 7)
  await writeFile(path, content)
  for (const most of [size, size + 1, 2 ** 40])
    expect(Buffer.compare(await readBounded(path, most), content)).toBe(0)
  if (size > 0) await expect(readBounded(path, size - 1)).rejects.toThrow(`got ${size};`)
})

test('a file is measured before it is read', async () => {
  const path = join(folder, 'sparse')
  await writeFile(path, '')
  // No memory could hold it.
  await truncate(path, 2 ** 42)
  const refused = readBounded(path, 1000)
  await expect(refused).rejects.toBeInstanceOf(FileError)
  await expect(refused).rejects.toThrow(
    `${path}: the file is too large, expected at most 1000 bytes, got ${2 ** 42}; name another file`,
  )
})

describe.skipIf(process.platform === 'win32')('what has no size', () => {
  test('a device without an end is read up to the limit', async () => {
    for (const most of [0, 1000, 200_000])
      await expect(readBounded('/dev/zero', most)).rejects.toThrow(
        `/dev/zero: the file is too large, expected at most ${most} bytes, got more`,
      )
    expect(await readBounded('/dev/null', 10)).toHaveLength(0)
  })

  test('a pipe is read whole, or up to the limit', async () => {
    const pipe = join(folder, 'pipe')
    await promisify(execFile)('mkfifo', [pipe])
    const fill = (bytes: number) =>
      // The writer ends with an error when its reader has gone, which is right.
      promisify(execFile)('sh', ['-c', `head -c ${bytes} /dev/zero > "$1"`, 'sh', pipe]).catch(
        (error: unknown) => error,
      )
    const [content] = await Promise.all([readBounded(pipe, 300_000), fill(300_000)])
    expect(content).toHaveLength(300_000)
    const [refused] = await Promise.allSettled([readBounded(pipe, 299_999), fill(300_000)])
    expect(refused).toMatchObject({ status: 'rejected', reason: expect.any(FileError) as unknown })
  })

  test('is refused in a folder, because opening a pipe can block for ever', async () => {
    const pipe = join(folder, 'pipe')
    await promisify(execFile)('mkfifo', [pipe])
    const socket = join(folder, 'socket')
    const server = createServer().listen(socket)
    await new Promise((listening) => server.once('listening', listening))
    try {
      for (const path of [pipe, socket, '/dev/zero'])
        await expect(readIfThere(path, 10)).rejects.toThrow(
          `${path}: it is a pipe, a socket or a device; put a regular file there`,
        )
    } finally {
      server.close()
    }
  })
})
