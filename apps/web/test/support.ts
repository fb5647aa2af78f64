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

/** Runs the suite where a Chromium is found; where REQUIRE_BROWSER says so there must be one. */
export function inChromium(suite: (lab: Lab) => void): void {
  if (found.ok) return suite(new Lab(found.path))
  test.skipIf(!required)(`${found.reason}: ${found.hint}`, () => {
    expect(found).toMatchObject({ ok: true })
  })
}

/** The built site in a browser. */
export class Lab {
  readonly #path: string
  #browser: Browser | undefined
  site: Site | undefined
  readonly errors: string[] = []

  constructor(path: string) {
    this.#path = path
  }

  /** @param isolated whether the host sends COOP and COEP */
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

  /** A page that is ready. What it prints as an error, or throws, is kept in `errors`. */
  async page(context?: BrowserContext): Promise<Page> {
    const page = await (context ?? (await this.context())).newPage()
    page.on('pageerror', (error) => this.errors.push(String(error.stack)))
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(message.text())
    })
    await page.goto(this.site!.url)
    await page.locator('.engine').first().waitFor()
    return page
  }
}

/** Kept, for a person to look at. */
export async function screenshot(page: Page, name: string): Promise<void> {
  mkdirSync(SHOTS, { recursive: true })
  // As tall as the page, instead of "fullPage": that can come before everything is painted.
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

/** Chooses what a run begins with. */
export async function choose(page: Page, values: Readonly<Record<string, string>>): Promise<void> {
  for (const [label, value] of Object.entries(values)) {
    const field = page.locator('.settings').getByLabel(label, { exact: true })
    if (label === 'Model' || label === 'Images')
      await page.locator(`select[name=${label.toLowerCase()}]`).selectOption(value)
    else if (label === 'Backend') await page.locator(`.engine input[value="${value}"]`).check()
    else {
      await field.fill(value)
      await field.blur()
    }
  }
}

/** Waits for the words above the progress bar. */
export async function state(page: Page, words: RegExp, timeout = 120_000): Promise<void> {
  await page.locator('.controls h2').filter({ hasText: words }).waitFor({ timeout })
}

/** The test accuracy that the page shows, 0 to 1. */
export async function accuracy(page: Page): Promise<number> {
  const text = await page.locator('.figure.strong dd').innerText()
  return Number.parseFloat(text) / 100
}

/** As a hand draws it, in a square of 280. */
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
