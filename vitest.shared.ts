import { defineConfig } from 'vitest/config'

/**
 * What every package's vitest.config.ts uses: the custom export condition runs the workspace's sources, so a test never
 * sees a stale build.
 */
export const shared = defineConfig({
  resolve: { conditions: ['@mnist-lab/source'] },
  ssr: { resolve: { conditions: ['@mnist-lab/source', 'node', 'import', 'module', 'default'] } },
  test: { include: ['test/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 120_000 },
})
