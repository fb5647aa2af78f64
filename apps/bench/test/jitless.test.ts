import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url))

/** Runs the built program without WebAssembly, which --jitless switches off. */
const jitless = (backends: string) =>
  spawnSync(
    process.execPath,
    [
      '--jitless',
      MAIN,
      `--backend=${backends}`,
      '--model=custom-mlp',
      '--batch=8',
      '--reps=1',
      '--steps=2',
    ],
    { encoding: 'utf8' },
  )

test('without WebAssembly fused-js is measured and compared with the reference', () => {
  const { status, stdout } = jitless('fused-js')
  expect(stdout).toMatch(/^fused-js +custom-mlp +8 +\d.*✓/m)
  expect(status).toBe(0)
})

test('without WebAssembly other engines are unavailable, each with a reason', () => {
  const { stdout } = jitless('fused-js,fused,wasm,fused@chromium')
  expect(stdout).toMatch(/^fused-js +custom-mlp +8 +\d/m)
  expect(stdout).toMatch(/^fused .*this JavaScript engine has no WebAssembly/m)
  expect(stdout).toMatch(/^wasm .*this JavaScript engine has no WebAssembly/m)
  expect(stdout).toMatch(/^fused@chromium .*needs WebAssembly, and this Node.js has none/m)
})
