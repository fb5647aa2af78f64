import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { findBrowser, writeFileAtomic } from '@mnist-lab/core/node'
import { PRINT_MARGIN_MM } from '../document/page-style.js'

/** The options of {@link printPdf}. */
export interface PdfOptions {
  /** The path of the browser's program. @default what {@link findBrowser} finds */
  readonly chromium?: string
  /** @default 60_000 */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  /**
   * Starts the browser.
   *
   * @default `chromium.launch` of playwright-core, which is imported on the first call
   */
  readonly launch?: LaunchBrowser
}

/** Starts a browser. This is the part of Playwright's `chromium.launch` that printing needs. */
export type LaunchBrowser = (options: {
  readonly executablePath: string
  readonly timeout: number
  readonly args: string[]
  readonly chromiumSandbox: boolean
  readonly handleSIGINT: boolean
}) => Promise<PrintingBrowser>

/** The part of Playwright's browser that printing needs. */
export interface PrintingBrowser {
  newPage(options: {
    readonly viewport: { readonly width: number; readonly height: number }
  }): Promise<{
    goto(url: string): Promise<unknown>
    emulateMedia(options: { readonly media: 'print' }): Promise<void>
    evaluate(script: string): Promise<unknown>
    pdf(options: {
      readonly width: string
      readonly height: string
      readonly printBackground: boolean
      readonly preferCSSPageSize: boolean
    }): Promise<Uint8Array>
  }>
  close(): Promise<void>
}

/**
 * The result of printing. A report is complete without its PDF, so a failure is a result and not an
 * error.
 */
export type PdfOutcome =
  | { readonly status: 'written'; readonly path: string; readonly chromium: string }
  /** No Chromium was found. `hint` is one line for the user. */
  | { readonly status: 'no-chromium'; readonly hint: string }
  | { readonly status: 'failed'; readonly reason: string; readonly chromium: string }

/** A4, in millimetres. */
const PAPER = { width: 210, height: 297 }
const PIXELS_PER_MM = 96 / 25.4

/**
 * Prints an HTML file as PDF with a headless Chromium. The PDF is written completely or not at all.
 * Its pages are A4, or as many times larger as the widest table needs.
 *
 * @param html the path of the page
 * @param pdf the path of the PDF; its folder must exist
 */
export async function printPdf(
  html: string,
  pdf: string,
  { chromium: program, timeoutMs = 60_000, signal, launch = launchChromium }: PdfOptions = {},
): Promise<PdfOutcome> {
  const found =
    program === undefined ? await findBrowser('chromium') : ({ ok: true, path: program } as const)
  if (!found.ok) {
    return {
      status: 'no-chromium',
      hint:
        'WebAssembly' in globalThis
          ? 'install Chromium or Chrome, or set CHROMIUM_PATH to its program'
          : found.hint,
    }
  }
  const chromium = found.path
  const limit = AbortSignal.timeout(timeoutMs)
  try {
    signal?.throwIfAborted()
    const bytes = await untilAborted(
      printedPage(
        pathToFileURL(resolve(html)).href,
        () => launch(launchOptions(chromium, timeoutMs)),
        AbortSignal.any(signal === undefined ? [limit] : [limit, signal]),
      ),
      signal,
    )
    if (!isWholePdf(bytes)) throw new Error('the browser did not return a whole PDF')
    const path = resolve(pdf)
    await writeFileAtomic(path, bytes)
    return { status: 'written', path, chromium }
  } catch (cause) {
    const reason =
      signal?.aborted === true
        ? 'interrupted'
        : limit.aborted || (cause instanceof Error && cause.name === 'TimeoutError')
          ? `not done after ${timeoutMs / 1000} s`
          : reasonOf(cause)
    return { status: 'failed', reason, chromium }
  }
}

const launchChromium: LaunchBrowser = async (options) => {
  const { chromium } = await import('playwright-core')
  return chromium.launch(options)
}

function launchOptions(executablePath: string, timeout: number): Parameters<LaunchBrowser>[0] {
  return {
    executablePath,
    timeout,
    args: ['--disable-quic'],
    // Chromium's sandbox refuses to run for root, as in containers. The page is ours and may run no
    // script.
    chromiumSandbox: process.getuid?.() !== 0,
    // The program decides what Ctrl-C does, and passes a signal.
    handleSIGINT: false,
  }
}

/** @param stop closes the browser, which ends whatever it is doing */
async function printedPage(
  url: string,
  launch: () => Promise<PrintingBrowser>,
  stop: AbortSignal,
): Promise<Uint8Array> {
  const browser = await launch()
  // Whatever the browser was doing then fails, and that failure is what is reported.
  const close = () => void browser.close().catch(() => {})
  stop.addEventListener('abort', close)
  try {
    stop.throwIfAborted()
    const room = Math.floor((PAPER.width - 2 * PRINT_MARGIN_MM) * PIXELS_PER_MM)
    const page = await browser.newPage({ viewport: { width: room, height: 2 * room } })
    await page.emulateMedia({ media: 'print' })
    await page.goto(url)
    const needed = Number(await page.evaluate('document.documentElement.scrollWidth'))
    const width =
      needed > room ? Math.ceil(needed / PIXELS_PER_MM) + 2 * PRINT_MARGIN_MM : PAPER.width
    return await page.pdf({
      width: `${width}mm`,
      height: `${(width * PAPER.height) / PAPER.width}mm`,
      printBackground: true,
      preferCSSPageSize: true,
    })
  } finally {
    stop.removeEventListener('abort', close)
    await browser.close()
  }
}

/**
 * Waits for the work, but not longer than the signal allows: a browser that hangs while it starts
 * ends at its own time limit.
 */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  let abort = () => {}
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason as Error)
    signal.addEventListener('abort', abort)
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/**
 * Returns the reason of a failure in one line. Playwright's message holds the browser's whole log;
 * if the browser ended, the exit code and its last words are the reason.
 */
function reasonOf(cause: unknown): string {
  const message = stripVTControlCharacters(cause instanceof Error ? cause.message : String(cause))
  const ended = /exitCode=(\w+), signal=(\w+)/.exec(message)
  if (ended !== null) {
    const [, code, by] = ended
    const said = [...message.matchAll(/\[err\] (.*)/g)].at(-1)?.[1]?.trim()
    return `ended with ${code === 'null' ? by : code}${said === undefined || said === '' ? '' : `: ${said}`}`
  }
  return message.split('\n')[0]!.replace(/^\w+\.\w+: /, '')
}

function isWholePdf(bytes: Uint8Array): boolean {
  const text = (part: Uint8Array) => new TextDecoder('latin1').decode(part)
  return text(bytes.subarray(0, 5)) === '%PDF-' && text(bytes.subarray(-32)).includes('%%EOF')
}
