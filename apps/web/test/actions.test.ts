// These tests check which actions are possible when, and what happens if actions overlap.
import { readFileSync } from 'node:fs'
import { unzipSync } from 'fflate'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { choose, inChromium, state } from './support.ts'

inChromium((lab) => {
  describe('the actions of the page in Chromium', () => {
    beforeAll(() => lab.open())
    afterAll(() => lab.close())

    test('refuse to save before a model was trained, with the reason', async () => {
      const page = await lab.page()
      expect(await button(page, 'Save as .zip').isDisabled()).toBe(true)
      expect(await reason(page)).toBe('There is nothing to save yet. Train a model or open a run.')
      await page.context().close()
    })

    test('refuse to save, open, train and compare while MNIST loads or a backend starts, with the reason', async () => {
      const context = await lab.context({ serviceWorkers: 'block' })
      const [data, backend] = [gate(), gate()]
      await context.route('**/mnist/**', async (route) => {
        await data.opened
        await route.continue()
      })
      await context.route('**/assets/tfjs-*', async (route) => {
        await backend.opened
        await route.continue()
      })
      const page = await lab.page(context)
      const downloads = downloadsOf(page)
      const expectRefusals = async (reasonText: string) => {
        expect(await button(page, 'Save as .zip').isDisabled()).toBe(true)
        expect(await page.locator('input[type=file]').isDisabled()).toBe(true)
        expect(await button(page, 'Train from the beginning').isDisabled()).toBe(true)
        expect(await button(page, 'Compare').isDisabled()).toBe(true)
        expect(await reason(page)).toBe(reasonText)
      }
      await choose(page, { Images: '3200', Epochs: '1', Threads: '1' })
      await button(page, 'Train').click()
      await state(page, /^Loading MNIST$/)
      await expectRefusals('Wait until MNIST has loaded.')
      data.open()
      await state(page, /^Trained for 1 epoch$/)
      // Now there is a run, which must be neither saved nor trained while another one takes its
      // place.
      await choose(page, { Backend: 'wasm' })
      await button(page, 'Train from the beginning').click()
      await state(page, /^Starting the backend$/)
      await expectRefusals('Wait until the backend has started.')
      backend.open()
      await state(page, /^Trained for 1 epoch$/)
      expect(await button(page, 'Save as .zip').isEnabled()).toBe(true)
      expect(downloads).toEqual([])
      await context.close()
    })

    test('ignore the second of two clicks: the page trains once and saves once', async () => {
      const page = await lab.page()
      const downloads = downloadsOf(page)
      await choose(page, { Images: '3200', Epochs: '1', Threads: '1' })
      const titles = await titlesOf(page)
      await clickTwice(page, 'Train')
      await state(page, /^Trained for 1 epoch$/)
      // A second training would begin at once.
      await page.waitForTimeout(1000)
      const evaluations = (await titles()).filter((title) => title.startsWith('Evaluating'))
      expect(evaluations).toHaveLength(1)
      await clickTwice(page, 'Save as .zip')
      await expect.poll(() => downloads.length).toBeGreaterThan(0)
      await page.waitForTimeout(500)
      expect(downloads).toEqual(['lenet5.zip'])
      await page.context().close()
    })

    test('refuse to train while backends are compared, with the reason', async () => {
      const page = await lab.page()
      await trainOneEpoch(page)
      await button(page, 'Compare').click()
      await button(page, 'Stop').waitFor()
      expect(await button(page, 'Train 1 more epoch').isDisabled()).toBe(true)
      expect(await button(page, 'Train from the beginning').isDisabled()).toBe(true)
      expect(await page.locator('.controls').innerText()).toContain(
        'Wait until the comparison has ended, or stop it.',
      )
      await button(page, 'Stop').click()
      await button(page, 'Compare').waitFor()
      expect(await button(page, 'Train 1 more epoch').isEnabled()).toBe(true)
      await page.context().close()
    })

    test('save while a model trains, and the training continues to its planned end', async () => {
      const page = await lab.page()
      await choose(page, { Images: '12800', Epochs: '2', Threads: '1' })
      await button(page, 'Train').click()
      await state(page, /^Training$/)
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        button(page, 'Save as .zip').click(),
      ])
      const [path] = await Promise.all([download.path(), state(page, /^Trained for 2 epochs$/)])
      const run = Object.entries(unzipSync(new Uint8Array(readFileSync(path)))).find(([name]) =>
        name.endsWith('/run.json'),
      )![1]
      expect(JSON.parse(new TextDecoder().decode(run))).toMatchObject({
        status: 'interrupted',
        epochsPlanned: 2,
      })
      await page.context().close()
    })

    test('save directly after Pause or Stop, without resuming the training', async () => {
      const page = await lab.page()
      await choose(page, { Images: '3200', Epochs: '100', Threads: '1' })
      await button(page, 'Train').click()
      for (const [name, title] of [
        ['Pause', /^Paused$/],
        ['Stop', /^Stopped$/],
      ] as const) {
        await state(page, /^Training$/)
        const [download] = await Promise.all([
          page.waitForEvent('download'),
          page.evaluate((name) => {
            const buttons = [...document.querySelectorAll<HTMLButtonElement>('button')]
            buttons.find(({ textContent }) => textContent === name)!.click()
            buttons.find(({ textContent }) => textContent === 'Save as .zip')!.click()
          }, name),
        ])
        expect(download.suggestedFilename()).toBe('lenet5.zip')
        await state(page, title)
        const steps = await page.locator('.bar').innerText()
        await page.waitForTimeout(500)
        expect(await page.locator('.bar').innerText()).toBe(steps)
        await button(page, 'Resume').click()
      }
      await page.context().close()
    })

    test('refuse to save an opened run without a checkpoint until it is trained', async () => {
      const page = await lab.page()
      await trainOneEpoch(page)
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        button(page, 'Save as .zip').click(),
      ])
      const files = Object.entries(unzipSync(new Uint8Array(readFileSync(await download.path()))))
        .filter(([name]) => !name.endsWith('checkpoint.safetensors'))
        .map(([name, content]) => ({
          name: name.split('/').at(-1)!,
          mimeType: 'application/octet-stream',
          buffer: Buffer.from(content),
        }))
      await page.locator('input[type=file]').setInputFiles(files)
      await expect
        .poll(() => reason(page))
        .toBe('This run has no checkpoint to save. Train it first.')
      expect(await button(page, 'Save as .zip').isDisabled()).toBe(true)
      await page.context().close()
    })

    test('leave no run behind when a backend cannot start', async () => {
      const context = await lab.context({ serviceWorkers: 'block' })
      await context.route('**/assets/tfjs-*', (route) => route.abort())
      const page = await lab.page(context)
      await trainOneEpoch(page)
      await choose(page, { Backend: 'cpu' })
      await button(page, 'Train from the beginning').click()
      await page.getByRole('alert').waitFor()
      await state(page, /^No model trained yet$/)
      expect(await button(page, 'Save as .zip').isDisabled()).toBe(true)
      expect(await button(page, 'Train').isEnabled()).toBe(true)
      await context.close()
    })

    test('has printed no error', () => {
      // The test above lets a script of TensorFlow.js fail.
      expect(
        lab.errors.filter((text) => !/ERR_FAILED|BackendError|tfjs|dynamically/.test(text)),
      ).toEqual([])
    })
  })
})

function button(page: Page, name: string): Locator {
  return page.getByRole('button', { name, exact: true })
}

/** Returns the reason that the page shows for why it cannot save or open now. */
function reason(page: Page): Promise<string> {
  return page.locator('#files-reason').innerText()
}

/** Trains one epoch of 3,200 images. */
async function trainOneEpoch(page: Page): Promise<void> {
  await choose(page, { Images: '3200', Epochs: '1', Threads: '1' })
  await button(page, 'Train').click()
  await state(page, /^Trained for 1 epoch$/)
}

/** Clicks twice within one task of the page, so that the page cannot render in between. */
function clickTwice(page: Page, name: string): Promise<void> {
  return button(page, name).evaluate((element: HTMLButtonElement) => {
    element.click()
    element.click()
  })
}

/** Returns a promise, and the function that resolves it. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

/** Returns a function that returns the titles that the page has shown since. */
async function titlesOf(page: Page): Promise<() => Promise<readonly string[]>> {
  const titles = await page.evaluateHandle(() => {
    const shown: string[] = []
    const title = document.querySelector('.controls h2')!
    new MutationObserver(() => shown.push(title.textContent ?? '')).observe(title, {
      childList: true,
      characterData: true,
      subtree: true,
    })
    return shown
  })
  return () => titles.jsonValue()
}

/** Returns the names of the files that the page downloads from now on. */
function downloadsOf(page: Page): readonly string[] {
  const names: string[] = []
  page.on('download', (download) => names.push(download.suggestedFilename()))
  return names
}
