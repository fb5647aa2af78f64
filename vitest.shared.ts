import { defineConfig } from 'vitest/config'

/**
 * The settings of every package's vitest.config.ts. The custom export condition makes tests run the
 * sources of all packages, so that no test sees a stale build.
 */
export const shared = defineConfig({
  resolve: { conditions: ['@mnist-lab/source'] },
  ssr: { resolve: { conditions: ['@mnist-lab/source', 'node', 'import', 'module', 'default'] } },
  test: { include: ['test/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 120_000 },
})
