// This test opens the page of the service worker in Chromium, as a visitor does.
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { fused } from '@mnist-lab/backends/fused'
import { launchBrowser } from '@mnist-lab/bench/driver'
import { findBrowser } from '@mnist-lab/core/node'
import { loadMnist } from '@mnist-lab/data/node'
import { initialWeights, lenet5, type Weights } from '@mnist-lab/models'
import { decodeCheckpoint, fit } from '@mnist-lab/train'
import { expect, test } from 'vitest'

const SERVE = fileURLToPath(new URL('../service-worker/serve.js', import.meta.url))

const found = await findBrowser('chromium')
const required = process.env['REQUIRE_BROWSER'] === 'chromium'

/** Starts the example's server on a free port and returns its address. */
async function served(server: ChildProcess): Promise<string> {
  const [text] = (await once(server.stdout!, 'data')) as [Buffer]
  return /http:\S+/.exec(text.toString())![0]
}

function hash(weights: Weights): string {
  const sum = createHash('sha256')
  for (const { data } of weights) sum.update(data)
  return sum.digest('hex')
}

/** Returns the hash of the weights after some steps in one piece, in Node.js. */
async function uninterrupted(steps: number): Promise<string> {
  const spec = lenet5()
  const optimizer = { learningRate: 0.01, momentum: 0.9, weightDecay: 0 }
  const plan = { loss: 'softmaxCrossEntropy', batchSize: 32, seed: 1, optimizer } as const
  const { train } = await loadMnist()
  const session = await fused({ build: 'simd128' }).open()
  const weights = initialWeights(spec, { seed: 1, scheme: 'pytorch' })
  const trainer = await session.compile(spec, plan, weights)
  let done = 0
  for await (const event of fit({ trainer, spec, plan, train, epochs: 1 }))
    if (event.type === 'step' && ++done === steps) break
  const after = hash((await trainer.save()).weights)
  await session.close()
  return after
}

test.skipIf(!found.ok && !required)(
  'the service worker continues after it was ended, with the same bytes as Node.js',
  async () => {
    expect(found).toMatchObject({ ok: true })
    const server = spawn(process.execPath, [SERVE, '0'], { stdio: ['ignore', 'pipe', 'inherit'] })
    const browser = await launchBrowser('chromium', found.ok ? found.path : '')
    try {
      const page = await browser.newPage()
      await page.goto(await served(server))
      const button = page.getByRole('button')
      const output = page.locator('output')
      await button.click()
      await expect.poll(() => output.textContent(), { timeout: 60_000 }).toMatch(/^step 100, loss /)
      const devtools = await page.context().newCDPSession(page)
      await devtools.send('ServiceWorker.enable')
      await devtools.send('ServiceWorker.stopAllWorkers')
      await page.reload()
      await button.click()
      await expect.poll(() => output.textContent(), { timeout: 60_000 }).toMatch(/^step 200, loss /)
      const bytes = await page.evaluate(async () => {
        const kept = await (await caches.open('mnist-lab-example')).match('checkpoint.safetensors')
        return Array.from(new Uint8Array(await kept!.arrayBuffer()))
      })
      const { state } = decodeCheckpoint(Uint8Array.from(bytes), 'the kept checkpoint')
      expect(hash(state.weights)).toBe(await uninterrupted(200))
      const refused = await page.evaluate(async () => {
        const response = await fetch('train?steps=1e9')
        return `${response.status} ${await response.text()}`
      })
      expect(refused).toBe('400 steps: expected 1 to 1000, got 1e9\n')
    } finally {
      await browser.close()
      server.kill()
    }
  },
  120_000,
)
