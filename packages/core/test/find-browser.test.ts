import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findBrowser } from '../src/node/find-browser.js'

describe('a browser is found', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'browser-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  test('by its variable first, then on the PATH', async () => {
    for (const name of ['chromium', 'mine']) {
      await writeFile(join(folder, name), '')
      await chmod(join(folder, name), 0o755)
    }
    expect(await findBrowser('chromium', { PATH: folder })).toEqual({
      ok: true,
      path: join(folder, 'chromium'),
    })
    expect(
      await findBrowser('chromium', { PATH: folder, CHROMIUM_PATH: join(folder, 'mine') }),
    ).toEqual({ ok: true, path: join(folder, 'mine') })
    expect(await findBrowser('chromium', { CHROMIUM_PATH: join(folder, 'none') })).toMatchObject({
      ok: false,
      reason: expect.stringContaining('which is no program') as string,
    })
  })
})
