import { fileURLToPath } from 'node:url'
import type { BrowserName } from '@mnist-lab/core/node'
import { packagedMnist } from '@mnist-lab/data/node'
import type { Browser } from 'playwright-core'
import type { CellReport, CellRequest, RunCell } from '../../measure/cell-report.js'
import { parseReportText } from '../../page/report-text.js'
import { launchBrowser, serveSite } from './browser-driver.js'

/** The page that runs cells, which `vite build` makes. */
const PAGE = fileURLToPath(new URL('../../site', import.meta.url))

/**
 * Starts a browser that runs cells. It runs until it is closed. Every repetition has a new context,
 * which in Chromium is a new renderer process.
 */
export async function startBrowser(
  name: BrowserName,
  path: string,
): Promise<{ readonly run: RunCell; readonly close: () => Promise<void> }> {
  const site = await serveSite({ '/': PAGE, '/mnist/': packagedMnist() })
  try {
    const browser = await launchBrowser(name, path)
    return {
      async run(request, signal) {
        const report = await runInContext(request, `${site.url}page.html`, browser, signal)
        if (report.status !== 'ok') return report
        return { ...report, browser: { ...report.browser!, name, version: browser.version() } }
      },
      async close() {
        await browser.close()
        await site.close()
      },
    }
  } catch (error) {
    await site.close()
    throw error
  }
}

async function runInContext(
  request: CellRequest,
  url: string,
  browser: Browser,
  signal: AbortSignal,
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
    await page.goto(url)
    const text = await Promise.race([
      page.evaluate((asked) => globalThis.measureCellHere!(asked), request),
      crashed,
    ])
    return parseReportText(text) as CellReport
  } finally {
    signal.removeEventListener('abort', abort)
    await context.close()
  }
}
