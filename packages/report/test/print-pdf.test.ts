import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { renderHtml } from '../src/index.js'
import { findBrowser } from '@mnist-lab/core/node'
import { printPdf } from '../src/node.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mnist-lab-print-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** A program that is called as a browser and does what a test wants: `$pdf` is where it should write. */
async function browser(script: string): Promise<string> {
  const path = join(folder, 'browser')
  await writeFile(
    path,
    `#!/bin/sh\nfor a in "$@"; do case "$a" in --print-to-pdf=*) pdf="\${a#--print-to-pdf=}";; esac; done\n${script}\n`,
  )
  await chmod(path, 0o755)
  return path
}

describe.skipIf(process.platform === 'win32')('printPdf', () => {
  const print = async (script: string, options = {}) => {
    const chromium = await browser(script)
    const outcome = await printPdf(join(folder, 'a.html'), join(folder, 'a.pdf'), {
      chromium,
      ...options,
    })
    return { ...outcome, files: (await readdir(folder)).filter((name) => name !== 'browser') }
  }

  test('moves a whole PDF into its place', async () => {
    expect(await print('printf "%%PDF-1.4\\n…\\n%%%%EOF\\n" > "$pdf"')).toMatchObject({
      status: 'written',
      files: ['a.pdf'],
    })
  })

  test('says what is wrong, and leaves nothing behind, when the browser fails, writes nothing or not all', async () => {
    expect(await print('echo no display >&2; exit 3')).toMatchObject({
      status: 'failed',
      reason: 'ended with 3: no display',
      files: [],
    })
    expect(await print('exit 0')).toMatchObject({
      status: 'failed',
      reason: 'the browser wrote no PDF',
      files: [],
    })
    expect(await print('printf "%%PDF-1.4" > "$pdf"')).toMatchObject({
      status: 'failed',
      reason: expect.stringContaining('not a whole PDF'),
      files: [],
    })
  })

  test('ends a browser that takes too long, with what it has started', async () => {
    expect(await print('sleep 60 & sleep 60', { timeoutMs: 200 })).toMatchObject({
      status: 'failed',
      reason: 'not done after 0.2 s',
      files: [],
    })
  })

  test('ends when it is interrupted', async () => {
    expect(await print('sleep 60', { signal: AbortSignal.timeout(200) })).toMatchObject({
      status: 'failed',
      reason: 'interrupted',
      files: [],
    })
  })

  test('says so when the program cannot be run', async () => {
    expect(
      await printPdf('a.html', join(folder, 'a.pdf'), { chromium: join(folder, 'none') }),
    ).toMatchObject({ status: 'failed', reason: expect.stringContaining('ENOENT') })
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
