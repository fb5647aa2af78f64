import { fileURLToPath } from 'node:url'
import { packagedMnist } from '@mnist-lab/data/node'
import type { Browser } from 'playwright-core'
import type { CellReport, CellRequest, RunCell } from '../measure/cell-report.js'
import { type BrowserName, takeApart } from './place-name.js'
import { parseReportText } from '../present/report-text.js'
import { findBrowser } from '@mnist-lab/core/node'
import { launchBrowser } from './launch-browser.js'
import { serveSite, type Site } from './serve-site.js'

const PAGE = fileURLToPath(new URL('../site', import.meta.url))

interface Started {
  readonly browser: Browser
  readonly site: Site
}

/**
 * Runs cells in the system's browsers. A browser is started for its first cell and lives until `close`; every repetition has a context of its
 * own, which in Chromium is a renderer process of its own.
 */
export class BrowserCells {
  readonly #started = new Map<BrowserName, Started>()

  readonly run: RunCell = async (request, signal) => {
    const { browser: name } = takeApart(request.backend)
    const found = await findBrowser(name!)
    if (!found.ok) return { status: 'unavailable', reason: found.reason, hint: found.hint }
    try {
      const started = this.#started.get(name!) ?? (await this.#start(name!, found.path))
      return await runInContext(request, started, signal, name!)
    } catch (error) {
      if (signal.aborted) return { status: 'failed', reason: 'interrupted' }
      return { status: 'failed', reason: firstLine(error) }
    }
  }

  async close(): Promise<void> {
    for (const { browser, site } of this.#started.values()) {
      await browser.close()
      await site.close()
    }
    this.#started.clear()
  }

  async #start(name: BrowserName, path: string): Promise<Started> {
    const site = await serveSite({ '/': PAGE, '/mnist/': packagedMnist() })
    try {
      const started = { site, browser: await launchBrowser(name, path) }
      this.#started.set(name, started)
      return started
    } catch (error) {
      await site.close()
      throw error
    }
  }
}

async function runInContext(
  request: CellRequest,
  { browser, site }: Started,
  signal: AbortSignal,
  name: BrowserName,
): Promise<CellReport> {
  const context = await browser.newContext()
  const abort = () => void context.close()
  signal.addEventListener('abort', abort)
  try {
    const page = await context.newPage()
    let crash: (error: Error) => void
    const crashed = new Promise<never>((_, reject) => {
      crash = reject
    })
    page.on('crash', () => crash(new Error('the page crashed')))
    await page.goto(`${site.url}page.html`)
    const text = await Promise.race([
      page.evaluate((asked) => globalThis.measureCellHere!(asked), request),
      crashed,
    ])
    const report = parseReportText(text) as CellReport
    if (report.status !== 'ok') return report
    return { ...report, browser: { ...report.browser!, name, version: browser.version() } }
  } finally {
    signal.removeEventListener('abort', abort)
    await context.close()
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!
}
