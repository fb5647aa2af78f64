// A command loads what it works with when it runs. Node.js itself says which files it has loaded,
// so the tests read no clock.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { spawned } from './support/program.js'

/** What a help text takes: the flags, their parser, and the names of the backends and formats. */
const FLAGS = [
  '@bomb.sh/tab',
  '@mnist-lab/backends',
  '@mnist-lab/cli',
  '@mnist-lab/core',
  '@mnist-lab/data',
  '@mnist-lab/terminal',
  'commander',
]

/** Runs `mnist` and returns the packages whose files it has loaded, in alphabetical order. */
async function packagesOf(args: readonly string[]): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'mnist-cli-'))
  try {
    const { code } = await spawned(args, { env: { NODE_V8_COVERAGE: folder } })
    expect(code).toBe(0)
    const urls: string[] = []
    for (const name of await readdir(folder)) {
      const { result } = JSON.parse(await readFile(join(folder, name), 'utf8')) as {
        readonly result: readonly { readonly url: string }[]
      }
      urls.push(...result.map(({ url }) => url))
    }
    return [...new Set(urls.flatMap((url) => packageOf(url) ?? []))].sort()
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Returns the name of the package that a file belongs to. Node.js's own modules have none. */
function packageOf(url: string): string | undefined {
  const installed = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1]
  const ours = /\/packages\/([^/]+)\/dist\//.exec(url)?.[1]
  return installed ?? (ours === undefined ? undefined : `@mnist-lab/${ours}`)
}

test.each([
  [['--help']],
  [['train', '--help']],
  [['reproduce', '--help']],
  [['export', '--help']],
  [['import', '--help']],
  [['complete', 'zsh']],
])('%j loads the flags alone', async (args) => expect(await packagesOf(args)).toEqual(FLAGS))

test('a summary loads models besides, and no engine, chart or decoder', async () => {
  expect(await packagesOf(['summary', 'lenet5'])).toEqual(
    [...FLAGS, '@mnist-lab/models', 'fastest-levenshtein', 'zod'].sort(),
  )
})

test('the check of the data loads tables besides, and no engine or decoder', async () => {
  const loaded = await packagesOf(['data', 'verify'])
  expect(loaded).toContain('@mnist-lab/data')
  expect(loaded).toContain('@mnist-lab/report')
  for (const name of ['zod', 'pngjs', '@jsquash/jpeg', '@mnist-lab/kernels', '@mnist-lab/train'])
    expect(loaded).not.toContain(name)
})
