// The Content-Security-Policy of the page: everything works under it, and no injected script runs.
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { choose, inChromium, state } from './support.ts'

/** Runs in the page or in a worker: collects what the policy has blocked. */
const WATCH = `globalThis.blocked = []
globalThis.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) =>
  globalThis.blocked.push(effectiveDirective + ' ' + blockedURI))`
const BLOCKED = 'globalThis.blocked'

/** Runs in a worker: TensorFlow.js starts a second thread only where there are four cores. */
const FOUR_CORES = "Object.defineProperty(navigator, 'hardwareConcurrency', { value: 4 })"

/** Puts a script before that of the training worker. */
async function prepareWorker(page: Page, script: string): Promise<void> {
  await page.route('**/training-worker-*.js', async (route) => {
    const response = await route.fetch()
    await route.fulfill({ response, body: `${script}\n${await response.text()}` })
  })
}

/** Puts scripts into the page in the ways that injected markup would. */
const INJECT = `(() => {
  const script = document.createElement('script')
  script.textContent = 'globalThis.injected = true'
  document.head.append(script)
  const box = document.createElement('div')
  box.innerHTML = '<img src="none.svg" onerror="globalThis.injected = true">'
  document.body.append(box)
  const elsewhere = document.createElement('script')
  elsewhere.src = 'http://127.0.0.1:9/script.js'
  document.head.append(elsewhere)
  setTimeout('globalThis.injected = true')
})()`

const watch = (page: Page) => page.addInitScript(WATCH)

inChromium((lab) => {
  describe('the policy of the page', () => {
    beforeAll(() => lab.open())
    afterAll(() => lab.close())

    test('lets it train on fused and on wasm with two threads, and compare backends', async () => {
      const page = await lab.page(undefined, async (of) => {
        await watch(of)
        await prepareWorker(of, `${FOUR_CORES}\n${WATCH}`)
      })
      for (const [backend, button] of [
        ['fused', 'Train'],
        ['wasm', 'Train from the beginning'],
      ] as const) {
        await choose(page, { Backend: backend, Images: '3200', Threads: '2' })
        await page.getByRole('button', { name: button, exact: true }).click()
        await state(page, /^Trained/)
        expect(await page.locator('.controls .run-facts').innerText()).toMatch(
          new RegExp(`^${backend} on WebAssembly, .+, 2 threads;`),
        )
      }
      const bench = page.locator('section', { hasText: 'Compare backends' })
      await bench.getByLabel('Repetitions').fill('1')
      await bench.getByLabel('Seconds per repetition').fill('0.1')
      await bench.getByLabel('Seconds per repetition').blur()
      await bench.getByRole('button', { name: 'Compare' }).click()
      await bench.locator('.results').waitFor()
      expect(await page.evaluate(BLOCKED)).toEqual([])
      const worker = page.workers().find((one) => one.url().includes('training-worker'))
      expect(await worker!.evaluate(BLOCKED)).toEqual([])
      expect(lab.errors).toEqual([])
      await page.context().close()
    })

    test.each([
      ['of the header', watch],
      ['in the page itself, on a host that sends none', withoutHeader],
    ])('%s: an injected script does not run', async (_which, prepare) => {
      const before = lab.errors.length
      const page = await lab.page(undefined, prepare)
      await page.evaluate(INJECT)
      await expect
        .poll(() => page.evaluate(BLOCKED))
        .toEqual(
          expect.arrayContaining([
            'script-src-elem inline',
            'script-src-attr inline',
            'script-src-elem http://127.0.0.1:9/script.js',
            'script-src eval',
          ]),
        )
      expect(await page.evaluate('globalThis.injected')).toBeUndefined()
      expect(lab.errors.slice(before).length).toBeGreaterThan(0)
      await page.context().close()
    })
  })
})

async function withoutHeader(page: Page): Promise<void> {
  await watch(page)
  await page.route('**/*', async (route) => {
    const response = await route.fetch()
    const { 'content-security-policy': policy, ...headers } = response.headers()
    expect(policy).toBeDefined()
    await route.fulfill({ response, headers })
  })
}
