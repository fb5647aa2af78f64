import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtemp, open, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { findBrowser } from '@mnist-lab/core/node'

export interface PdfOptions {
  /** Path of the program. @default the Chromium that {@link findBrowser} finds */
  readonly chromium?: string
  /** @default 60_000 */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/** What became of a page that was to be printed; a report is whole without its PDF, so nothing here throws. */
export type PdfOutcome =
  | { readonly status: 'written'; readonly path: string; readonly chromium: string }
  /** There is no Chromium; `hint` is a line for the user. */
  | { readonly status: 'no-chromium'; readonly hint: string }
  | { readonly status: 'failed'; readonly reason: string; readonly chromium: string }

/**
 * Prints an HTML file as PDF with a headless Chromium that has a profile of its own. The PDF is there whole or not at all.
 *
 * @param html path of the page
 * @param pdf path of the PDF; its folder exists
 */
export async function printPdf(
  html: string,
  pdf: string,
  options: PdfOptions = {},
): Promise<PdfOutcome> {
  const found =
    options.chromium === undefined
      ? await findBrowser('chromium')
      : ({ ok: true, path: options.chromium } as const)
  if (!found.ok) {
    return {
      status: 'no-chromium',
      hint: 'install Chromium or Chrome, or set CHROMIUM_PATH to one that can be run',
    }
  }
  const chromium = found.path
  const path = resolve(pdf)
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`)
  const profile = await mkdtemp(join(tmpdir(), 'mnist-lab-chromium-'))
  try {
    const problem =
      (await run(
        chromium,
        [...flags(profile), `--print-to-pdf=${temporary}`, pathToFileURL(resolve(html)).href],
        options,
      )) ?? (await problemOf(temporary))
    if (problem !== undefined) return { status: 'failed', reason: problem, chromium }
    await rename(temporary, path)
    return { status: 'written', path, chromium }
  } catch (cause) {
    return {
      status: 'failed',
      reason: cause instanceof Error ? cause.message : String(cause),
      chromium,
    }
  } finally {
    await rm(temporary, { force: true })
    // Its last processes may still be writing there.
    await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
}

function flags(profile: string): string[] {
  return [
    '--headless',
    '--disable-gpu',
    '--no-first-run',
    '--disable-extensions',
    '--disable-sync',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-quic',
    '--no-pdf-header-footer',
    `--user-data-dir=${profile}`,
    // Its sandbox refuses to run for root, as in containers. The page is ours and may run no script.
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  ]
}

/** @returns what went wrong */
async function run(
  program: string,
  parameters: readonly string[],
  { timeoutMs = 60_000, signal }: PdfOptions,
): Promise<string | undefined> {
  if (signal?.aborted === true) return 'interrupted'
  return new Promise((settle) => {
    // A group of its own, so that the processes that it starts end with it.
    const group = process.platform !== 'win32'
    const child = spawn(program, parameters, {
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: group,
      windowsHide: true,
    })
    let ended: string | undefined
    let said = ''
    const end = (why: string) => {
      ended ??= why
      if (group && child.pid !== undefined) killGroup(child.pid)
      else child.kill('SIGKILL')
    }
    const interrupt = () => end('interrupted')
    const timer = setTimeout(() => end(`not done after ${timeoutMs / 1000} s`), timeoutMs)
    signal?.addEventListener('abort', interrupt, { once: true })
    child.stderr.on('data', (bytes: Buffer) => {
      said = (said + bytes.toString()).slice(-2000)
    })
    const done = (problem: string | undefined) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', interrupt)
      settle(problem)
    }
    child.on('error', ({ message }) => done(message))
    child.on('exit', (code, by) =>
      done(
        ended ??
          (code === 0
            ? undefined
            : `ended with ${code ?? by}: ${said.trim().split('\n').at(-1) ?? ''}`),
      ),
    )
  })
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL')
  } catch (cause) {
    // It ended by itself meanwhile.
    if ((cause as NodeJS.ErrnoException).code !== 'ESRCH') throw cause
  }
}

/** A browser that ends with 0 need not have written anything, or all of it. */
async function problemOf(file: string): Promise<string | undefined> {
  try {
    const handle = await open(file, 'r')
    try {
      const { size } = await handle.stat()
      const head = await handle.read(new Uint8Array(5), 0, 5, 0)
      const tail = await handle.read(new Uint8Array(32), 0, 32, Math.max(0, size - 32))
      const text = (bytes: Uint8Array) => new TextDecoder('latin1').decode(bytes)
      return text(head.buffer) === '%PDF-' && text(tail.buffer).includes('%%EOF')
        ? undefined
        : 'what the browser wrote is not a whole PDF'
    } finally {
      await handle.close()
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return 'the browser wrote no PDF'
    throw cause
  }
}
