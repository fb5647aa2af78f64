import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { renderHtml } from '../src/index.js'
import { findBrowser } from '@mnist-lab/core/node'
import { type PdfOptions, printPdf } from '../src/node.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mnist-lab-print-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** Writes a program that is started as a browser and does what a test wants. */
async function browser(script: string): Promise<string> {
  const path = join(folder, 'browser')
  await writeFile(path, `#!/bin/sh\n${script}\n`)
  await chmod(path, 0o755)
  return path
}

const files = async () => (await readdir(folder)).filter((name) => name !== 'browser')

describe.skipIf(process.platform === 'win32')('printPdf with a browser that fails', () => {
  const print = async (script: string, options: PdfOptions = {}) => {
    const outcome = await printPdf(join(folder, 'a.html'), join(folder, 'a.pdf'), {
      chromium: await browser(script),
      ...options,
    })
    return { ...outcome, files: await files() }
  }

  test('gives the exit code and the last message of the browser, and leaves no files behind', async () => {
    expect(await print('echo no display >&2; exit 3')).toMatchObject({
      status: 'failed',
      reason: 'ended with 3: no display',
      files: [],
    })
    expect(await print('exit 0')).toMatchObject({
      status: 'failed',
      reason: 'ended with 0',
      files: [],
    })
  })

  test('gives up on a browser that takes too long', async () => {
    expect(await print('sleep 60', { timeoutMs: 200 })).toMatchObject({
      status: 'failed',
      reason: 'not done after 0.2 s',
      files: [],
    })
  })

  test('ends when it is interrupted', async () => {
    const options = { signal: AbortSignal.timeout(200), timeoutMs: 5000 }
    expect(await print('sleep 60', options)).toMatchObject({
      status: 'failed',
      reason: 'interrupted',
      files: [],
    })
  })

  test('names the program that does not exist', async () => {
    const missing = join(folder, 'none')
    expect(await printPdf('a.html', join(folder, 'a.pdf'), { chromium: missing })).toMatchObject({
      status: 'failed',
      reason: expect.stringContaining(missing),
    })
  })
})

describe('printPdf', () => {
  /** Prints with a browser that returns these bytes. */
  const print = async (printed: () => Promise<string>, options: PdfOptions = {}) => {
    let closed = 0
    const outcome = await printPdf('a.html', join(folder, 'a.pdf'), {
      chromium: 'some-browser',
      launch: () =>
        Promise.resolve({
          newPage: () =>
            Promise.resolve({
              goto: () => Promise.resolve(),
              emulateMedia: () => Promise.resolve(),
              evaluate: () => Promise.resolve(680),
              pdf: async () => new TextEncoder().encode(await printed()),
            }),
          close: () => Promise.resolve(void closed++),
        }),
      ...options,
    })
    expect(closed).toBeGreaterThan(0)
    return { ...outcome, files: await files() }
  }

  test('writes a whole PDF to its path, and no other file', async () => {
    expect(await print(() => Promise.resolve('%PDF-1.4\n…\n%%EOF\n'))).toMatchObject({
      status: 'written',
      path: join(folder, 'a.pdf'),
      files: ['a.pdf'],
    })
  })

  test('keeps the old PDF if the new one is not whole', async () => {
    await writeFile(join(folder, 'a.pdf'), 'the old one')
    for (const printed of ['', '%PDF-1.4']) {
      expect(await print(() => Promise.resolve(printed))).toMatchObject({
        status: 'failed',
        reason: 'the browser did not return a whole PDF',
        files: ['a.pdf'],
      })
    }
    expect(await readFile(join(folder, 'a.pdf'), 'utf8')).toBe('the old one')
  })

  test('gives the reason when printing fails, and closes the browser', async () => {
    expect(
      await print(() => Promise.reject(new Error('page.pdf: no page\nCall log:'))),
    ).toMatchObject({ status: 'failed', reason: 'no page', files: [] })
  })

  test('closes the browser when it is interrupted while it prints', async () => {
    const signal = AbortSignal.timeout(50)
    expect(await print(() => new Promise(() => {}), { signal })).toMatchObject({
      status: 'failed',
      reason: 'interrupted',
      files: [],
    })
  })

  test('gives a hint in one line when there is no Chromium', async () => {
    vi.stubEnv('CHROMIUM_PATH', join(folder, 'none'))
    const outcome = await printPdf('a.html', join(folder, 'a.pdf')).finally(() =>
      vi.unstubAllEnvs(),
    )
    expect(outcome).toEqual({
      status: 'no-chromium',
      hint: 'install Chromium or Chrome, or set CHROMIUM_PATH to its program',
    })
  })
})

const found = await findBrowser('chromium')
// A machine that must have one fails here instead of skipping.
const required = process.env['REQUIRE_CHROMIUM'] === '1'

test.skipIf(!found.ok && !required)(
  'a real Chromium prints a report (none found: set CHROMIUM_PATH)',
  async () => {
    const html = join(folder, 'report.html')
    await writeFile(
      html,
      renderHtml({ title: 'A report', blocks: [{ type: 'paragraph', text: 'words' }] }),
    )
    expect(await printPdf(html, join(folder, 'report.pdf'))).toMatchObject({ status: 'written' })
    expect((await readFile(join(folder, 'report.pdf'))).subarray(0, 5).toString()).toBe('%PDF-')
  },
)
