import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromiumFlags } from '@mnist-lab/bench/driver'
import { findBrowser } from '@mnist-lab/core/node'
import { packagedMnist } from '@mnist-lab/data/node'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { shared } from '../vitest.shared.ts'

const chromium = await findBrowser('chromium')
/** The folder of TensorFlow.js's .wasm files, which lie beside its script. */
const wasmFolder = dirname(
  createRequire(
    fileURLToPath(new URL('../packages/backends/package.json', import.meta.url)),
  ).resolve('@tensorflow/tfjs-backend-wasm'),
)

/**
 * The built backends in Chromium. A test in test/browser.test.ts fails where Chromium is required
 * and missing.
 */
const browser = !chromium.ok
  ? []
  : [
      {
        publicDir: packagedMnist(),
        resolve: { dedupe: ['vitest'] },
        server: {
          headers: {
            'Cross-Origin-Opener-Policy': 'same-origin',
            'Cross-Origin-Embedder-Policy': 'require-corp',
          },
        },
        define: {
          WASM_FOLDER: JSON.stringify(join('/@fs', wasmFolder, '/')),
          REQUIRED: JSON.stringify(process.env['REQUIRE_BROWSER'] === 'chromium'),
        },
        test: {
          name: 'chromium',
          include: ['browser/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: { executablePath: chromium.path, args: [...chromiumFlags()] },
            }),
            instances: [{ browser: 'chromium' as const }],
          },
        },
      },
    ]

export default defineConfig({
  ...shared,
  test: { projects: [{ ...shared, test: { ...shared.test, name: 'node' } }, ...browser] },
})
