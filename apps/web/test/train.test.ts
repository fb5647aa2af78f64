import { mkdtemp, readFile, rm, writeFile, mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { benchResultSchema } from '@mnist-lab/bench'
import { unzipSync } from 'fflate'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accuracy, choose, drawThree, inChromium, screenshot, state } from './support.ts'

const CLI = fileURLToPath(new URL('../../../packages/cli/dist/main.js', import.meta.url))

async function mnist(...args: string[]): Promise<string> {
  return (await promisify(execFile)(process.execPath, [CLI, ...args], { maxBuffer: 1 << 26 }))
    .stdout
}

/** Saves the page's run, unpacks it into a folder, and returns the run's own folder in it. */
async function saved(page: Page, folder: string): Promise<string> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save as .zip' }).click(),
  ])
  const zip = join(folder, download.suggestedFilename())
  await download.saveAs(zip)
  for (const [path, content] of Object.entries(unzipSync(new Uint8Array(await readFile(zip))))) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), content)
  }
  return join(folder, 'lenet5')
}

inChromium((lab) => {
  describe('the page in Chromium', () => {
    let folder: string
    let page: Page
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'mnist-lab-web-'))
      await lab.open()
      page = await lab.page()
    })
    afterAll(async () => {
      await lab.close()
      await rm(folder, { recursive: true })
    })

    test('trains LeNet-5 on fused to 97 % in one epoch, and classifies a drawn 3 while it trains', async () => {
      await screenshot(page, '1280-light-fresh')
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(true)
      await choose(page, { Backend: 'fused', Threads: '2' })
      await page.getByRole('button', { name: 'Train', exact: true }).click()
      await state(page, /^Training$/)
      await drawThree(page)
      await page.locator('.layers li').first().waitFor()
      await page.locator('.confusion td').first().waitFor()
      await screenshot(page, '1280-light-training')
      await state(page, /^Trained for 1 epoch$/)
      expect(await accuracy(page)).toBeGreaterThanOrEqual(0.97)
      expect(await page.locator('.controls .run-facts').innerText()).toMatch(
        /^fused on WebAssembly, (relaxed|simd128), 2 threads; seed 1, batch size 32$/,
      )
      await expect.poll(() => page.locator('.predicted').innerText()).toBe('3')
      expect(await page.locator('.layers li').count()).toBe(12)
      expect(await page.locator('.tiles canvas').count()).toBe(6)
      expect(await page.locator('.confusion caption').innerText()).toMatch(
        /^9,[78]\d\d of 10,000 test images are classified correctly/,
      )
      await screenshot(page, '1280-light-trained')
    })

    test('saves the files of `mnist train`, which evaluates them to the same accuracy', async () => {
      const run = await saved(page, folder)
      const { accuracy: inNode } = JSON.parse(
        await mnist('evaluate', run, '--backend=fused', '--json'),
      ) as { accuracy: number }
      // Backends round differently in the last place, which may change the class of an image or two
      // of 10,000.
      expect(Math.abs(inNode - (await accuracy(page)))).toBeLessThan(0.00025)
      expect(JSON.parse(await readFile(join(run, 'run.json'), 'utf8'))).toMatchObject({
        status: 'completed',
        backend: { backend: 'fused', threads: 2 },
      })
    })

    test('pauses, saves, and after a reload resumes from the files with bit-for-bit identical results', async () => {
      await choose(page, { Images: '12800', Epochs: '1', Threads: '1' })
      await page.getByRole('button', { name: 'Train from the beginning' }).click()
      await state(page, /^Training$/)
      await page.getByRole('button', { name: 'Pause' }).click()
      await state(page, /^Paused$/)
      const paused = await saved(page, join(folder, 'paused'))
      expect(JSON.parse(await readFile(join(paused, 'run.json'), 'utf8'))).toMatchObject({
        status: 'interrupted',
        epochs: [],
      })
      await page.getByRole('button', { name: 'Resume' }).click()
      await state(page, /^Trained for 1 epoch$/)
      const whole = await readFile(
        join(await saved(page, join(folder, 'whole')), 'weights.safetensors'),
      )

      await page.reload()
      await page.locator('.backend').first().waitFor()
      await page
        .locator('input[type=file]')
        .setInputFiles(
          ['run.json', 'weights.safetensors', 'checkpoint.safetensors'].map((name) =>
            join(paused, name),
          ),
        )
      await state(page, /^Paused$/)
      await page.getByRole('button', { name: 'Resume' }).click()
      await state(page, /^Trained for 1 epoch$/)
      const resumed = await readFile(
        join(await saved(page, join(folder, 'resumed')), 'weights.safetensors'),
      )
      expect(resumed.equals(whole)).toBe(true)
    })

    test('opens a run that was trained in Node.js, evaluates it alike and trains one more epoch', async () => {
      const run = join(folder, 'from-node')
      await mnist('train', 'lenet5', '--backend=wasm', '--limit=3200', '--epochs=1', `--out=${run}`)
      const { accuracy: inNode } = JSON.parse(await mnist('evaluate', run, '--json')) as {
        accuracy: number
      }
      await page
        .locator('input[type=file]')
        .setInputFiles(
          ['run.json', 'weights.safetensors', 'checkpoint.safetensors'].map((name) =>
            join(run, name),
          ),
        )
      // The title alone would not tell this run from the one before, which has one epoch too.
      const right = async () =>
        Number.parseInt((await page.locator('.confusion caption').innerText()).replace(',', ''), 10)
      await expect
        .poll(async () => Math.abs((await right()) / 10_000 - inNode), { timeout: 30_000 })
        .toBeLessThan(0.00025)
      await state(page, /^Trained for 1 epoch$/)
      await page.getByRole('button', { name: 'Train 1 more epoch' }).click()
      await state(page, /^Trained for 2 epochs$/)
      const on = await saved(page, join(folder, 'on'))
      // The page went on with another backend.
      expect(JSON.parse(await readFile(join(on, 'run.json'), 'utf8'))).toMatchObject({
        backend: { backend: 'fused' },
        earlierBuilds: [{ backend: 'wasm', untilStep: 100 }],
      })
      expect(await mnist('evaluate', on, '--limit=100')).toContain(
        'lenet5 on mnist/test, 100 images',
      )
    })

    test('says in one line what is wrong with a file, and keeps the current run', async () => {
      const file = join(folder, 'run.json')
      await writeFile(file, '{')
      await page.locator('input[type=file]').setInputFiles(file)
      expect(await page.getByRole('alert').innerText()).toMatch(
        /That did not work\. run\.json: not JSON \(.*\); the file is damaged/,
      )
      await screenshot(page, '1280-light-problem')
      await page.getByRole('button', { name: 'Dismiss' }).click()
      expect(await page.getByRole('alert').count()).toBe(0)
      await state(page, /^Trained for 2 epochs$/)
    })

    test('compares backends, and downloads the JSON that `pnpm bench` writes', async () => {
      await choose(page, { Model: 'custom-mlp' })
      const bench = page.locator('section', { hasText: 'Compare backends' })
      await bench.getByLabel('Repetitions').fill('1')
      await bench.getByLabel('Seconds per repetition').fill('0.1')
      await bench.getByLabel('Seconds per repetition').blur()
      await bench.getByRole('button', { name: 'Compare' }).click()
      await bench.locator('.results').waitFor({ timeout: 120_000 })
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        bench.getByRole('button', { name: 'Download JSON' }).click(),
      ])
      const file = join(folder, 'bench.json')
      await download.saveAs(file)
      const result = benchResultSchema.parse(JSON.parse(await readFile(file, 'utf8')))
      expect(
        result.cells.map((cell) => [
          cell.backend,
          cell.status,
          cell.status === 'ok' && cell.parity.ok,
        ]),
      ).toEqual([
        ['fused', 'ok', true],
        ['wasm', 'ok', true],
      ])
      expect(result.cells).toMatchObject([{ browser: { crossOriginIsolated: true } }, {}])
      await screenshot(page, '1280-light-bench')
    })

    test('shows each output of a model that has more than there are digits, or says why not', async () => {
      const opened = async (units: number) => {
        const model = join(folder, `outputs-${units}.json`)
        const layers = [{ type: 'flatten' }, { type: 'dense', units }]
        const spec = { name: `outputs-${units}`, inputShape: [28, 28, 1], layers }
        await writeFile(model, JSON.stringify(spec))
        const run = join(folder, spec.name)
        await mnist('train', model, '--backend=fused', '--limit=320', '--epochs=1', `--out=${run}`)
        await page
          .locator('input[type=file]')
          .setInputFiles(['run.json', 'weights.safetensors'].map((name) => join(run, name)))
      }
      await opened(12)
      await page.getByRole('button', { name: 'Show a test image' }).click()
      await expect.poll(() => page.locator('.confusion tbody tr').count()).toBe(12)
      await expect.poll(() => page.locator('.bars li').count()).toBe(12)
      await opened(300)
      await page.getByText('The matrix is too large to show: the model has 300 outputs').waitFor()
      expect(await page.locator('.bars li').count()).toBe(10)
      await page.getByText('These are the 10 most probable of 300 classes.').waitFor()
    })

    test('has printed no error', () => {
      expect(lab.errors).toEqual([])
    })
  })
})
