import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { findBrowser } from '../src/node.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mnist-lab-browser-'))
})
afterEach(() => rm(folder, { recursive: true }))

const suffix = process.platform === 'win32' ? '.exe' : ''

async function program(name: string): Promise<string> {
  const path = join(folder, name + suffix)
  await writeFile(path, '#!/bin/sh\n', { mode: 0o755 })
  return path
}

describe.each([
  ['chromium', 'CHROMIUM_PATH', 'google-chrome'],
  ['firefox', 'FIREFOX_PATH', 'firefox-esr'],
] as const)('findBrowser of %s', (name, variable, other) => {
  test(`takes ${variable}, and nothing else when that is wrong`, async () => {
    const path = await program(name)
    expect(await findBrowser(name, { [variable]: path })).toEqual({ ok: true, path })
    const wrong = join(folder, 'no')
    expect(await findBrowser(name, { [variable]: wrong, PATH: folder })).toEqual({
      ok: false,
      reason: `${variable} is ${wrong}, which is not a program`,
      hint: `set ${variable} to the path of ${name}`,
    })
  })

  test('searches the PATH, also for its other names', async () => {
    const path = await program(other)
    expect(
      await findBrowser(name, {
        PATH: `/no/such${process.platform === 'win32' ? ';' : ':'}${folder}`,
      }),
    ).toEqual({ ok: true, path })
    expect(await findBrowser(name, { PATH: folder, [variable]: '' })).toEqual({ ok: true, path })
  })

  test.skipIf(process.platform !== 'linux')('does not accept a folder as a program', async () => {
    expect(await findBrowser(name, { [variable]: folder })).toMatchObject({ ok: false })
    expect(await findBrowser(name, { PATH: folder })).toEqual({
      ok: false,
      reason: `${name} was not found on this machine`,
      hint: `install it, or set ${variable} to its path`,
    })
  })
})
