import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    fileParallelism: false,
    // A busy machine needs seconds to start a backend.
    expect: { poll: { timeout: 30_000 } },
  },
})
