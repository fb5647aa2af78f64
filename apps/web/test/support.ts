import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { findBrowser } from '@mnist-lab/core/node'
import { launchBrowser, serveSite, type Site } from '@mnist-lab/bench/driver'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { expect, test } from 'vitest'

const SITE = fileURLToPath(new URL('../dist', import.meta.url))
const SHOTS = fileURLToPath(new URL('../screenshots/', import.meta.url))

const found = await findBrowser('chromium')
const required = process.env['REQUIRE_BROWSER'] === 'chromium'

/**
 * Runs the suite if there is a Chromium. Without one the suite is skipped, or fails where
 * REQUIRE_BROWSER is `chromium`.
 */
export function inChromium(suite: (lab: Lab) => void): void {
  if (found.ok) return suite(new Lab(found.path))
  test.skipIf(!required)(`${found.reason}: ${found.hint}`, () => {
    expect(found).toMatchObject({ ok: true })
  })
}

/** The built site, served and opened in a browser. */
export class Lab {
  readonly #path: string
  #browser: Browser | undefined
  site: Site | undefined
  readonly errors: string[] = []

  constructor(path: string) {
    this.#path = path
  }

  /**
   * Serves the site and starts the browser.
   *
   * @param isolated whether the host sends COOP and COEP
   */
  async open(isolated = true): Promise<void> {
    this.site = await serveSite({ '/': SITE }, isolated)
    this.#browser = await launchBrowser('chromium', this.#path)
  }

  async close(): Promise<void> {
    await this.#browser?.close()
    await this.site?.close()
  }

  context(options: BrowserContextOptions = {}): Promise<BrowserContext> {
    return this.#browser!.newContext({
      viewport: { width: 1280, height: 900 },
      acceptDownloads: true,
      ...options,
    })
  }

  /**
   * Returns a page that has probed its backends. The errors that it prints or throws are collected
   * in `errors`.
   *
   * @param prepare is called before the page loads
   */
  async page(
    context?: BrowserContext,
    prepare: (page: Page) => Promise<unknown> = async () => {},
  ): Promise<Page> {
    const page = await (context ?? (await this.context())).newPage()
    await prepare(page)
    page.on('pageerror', (error) => this.errors.push(String(error.stack)))
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(message.text())
    })
    await page.goto(this.site!.url)
    await page.locator('.backend').first().waitFor()
    return page
  }
}

/** Saves a picture of the whole page for a person to look at. */
export async function screenshot(page: Page, name: string): Promise<void> {
  mkdirSync(SHOTS, { recursive: true })
  // The window becomes as tall as the page. The option fullPage can take the picture before
  // everything is painted.
  const { width, height } = page.viewportSize()!
  await page.setViewportSize({
    width,
    height: await page.evaluate(() => document.documentElement.scrollHeight),
  })
  await page.evaluate(
    () =>
      new Promise((resolve) => {
        setTimeout(() => requestAnimationFrame(resolve), 300)
      }),
  )
  await page.screenshot({ path: `${SHOTS}${name}.png` })
  await page.setViewportSize({ width, height })
}

/** Fills in the settings of a run. */
export async function choose(page: Page, values: Readonly<Record<string, string>>): Promise<void> {
  for (const [label, value] of Object.entries(values)) {
    const field = page.locator('.settings').getByLabel(label, { exact: true })
    if (label === 'Model' || label === 'Images')
      await page.locator(`select[name=${label.toLowerCase()}]`).selectOption(value)
    else if (label === 'Backend') await page.locator(`.backend input[value="${value}"]`).check()
    else {
      await field.fill(value)
      await field.blur()
    }
  }
}

/** Waits until the title above the progress bar matches. */
export async function state(page: Page, words: RegExp, timeout = 120_000): Promise<void> {
  await page.locator('.controls h2').filter({ hasText: words }).waitFor({ timeout })
}

/** Returns the test accuracy that the page shows, from 0 to 1. */
export async function accuracy(page: Page): Promise<number> {
  const text = await page.locator('.figure.strong dd').innerText()
  return Number.parseFloat(text) / 100
}

/** Points of a handwritten 3 in a square with sides of 280. */
const THREE: readonly (readonly [number, number])[] = [
  [80, 60],
  [140, 45],
  [190, 75],
  [180, 120],
  [130, 140],
  [185, 160],
  [195, 210],
  [140, 240],
  [80, 220],
]

/** Draws a 3 with the mouse. */
export async function drawThree(page: Page): Promise<void> {
  const pad = page.locator('.pad')
  await pad.scrollIntoViewIfNeeded()
  const { x, y, width } = (await pad.boundingBox())!
  const at = ([px, py]: readonly [number, number]): [number, number] => [
    x + (px * width) / 280,
    y + (py * width) / 280,
  ]
  await page.mouse.move(...at(THREE[0]!))
  await page.mouse.down()
  for (const point of THREE.slice(1)) await page.mouse.move(...at(point), { steps: 6 })
  await page.mouse.up()
}
