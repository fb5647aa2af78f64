// Every command that writes says in one line where it cannot, before its work begins.
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { badPlaces, folderInPlaceOfFile } from '../../core/test/support/bad-places.js'
import { run, succeed } from './support/program.js'
import { smallMnist, writeFiles } from './support/small-data.js'

let root: string
let trained: string
let data: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'mnist-cli-'))
  data = await writeFiles(join(root, 'data'), await smallMnist(64, 32))
  trained = join(root, 'trained')
  await succeed(['train', 'custom-mlp', '--data', data, '--epochs', '1', '--out', trained])
})
afterAll(() => rm(root, { recursive: true }))

const WRITING: Readonly<Record<string, (out: string) => readonly string[]>> = {
  train: (out) => ['train', 'custom-mlp', '--data', data, '--epochs', '1', `--out=${out}`],
  report: (out) => ['report', trained, '--data', data, `--out=${out}`],
  reproduce: (out) => [
    'reproduce',
    '--data',
    data,
    '--epochs',
    '1',
    '--seeds',
    '1',
    `--out=${out}`,
  ],
}

test.each(Object.keys(WRITING))('%s refuses every bad place in one line', async (command) => {
  const here = await mkdtemp(join(root, 'places-'))
  for (const { name, path, line } of await badPlaces(here)) {
    const before = await readdir(here)
    const { code, stdout, stderr } = await run(WRITING[command]!(path))
    expect([code, stdout], name).toEqual([2, ''])
    expect(stderr.trimEnd(), name).toMatch(line)
    expect(stderr.trimEnd(), name).not.toContain('\n')
    expect(await readdir(here), name).toEqual(before)
  }
})

test('setup-native refuses every bad place of its cache in one line', async () => {
  for (const { name, path, line } of await badPlaces(await mkdtemp(join(root, 'cache-')))) {
    if (path === '') continue
    vi.stubEnv('MNIST_LAB_CACHE', path)
    const { code, stderr } = await run(['setup-native'])
    vi.unstubAllEnvs()
    expect([code, stderr.trimEnd().split('\n')], name).toEqual([2, [expect.stringMatching(line)]])
  }
})

test.each(['report.html', 'report.md', 'report.pdf'])(
  'a report is refused before the evaluation where %s is a folder',
  async (file) => {
    const out = await mkdtemp(join(root, 'report-'))
    await folderInPlaceOfFile(out, file)
    const { code, stdout, stderr } = await run(WRITING['report']!(out))
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toBe(`${join(out, file)}: it is a folder (EISDIR); name a file\n`)
    expect(await readdir(trained)).not.toContain('evaluation.json')
  },
)

test('a run is not evaluated where its evaluation cannot be kept', async () => {
  const blocked = await folderInPlaceOfFile(trained, 'evaluation.json')
  // That the data is missing would be found when the evaluation begins.
  const args = ['report', trained, '--data', join(root, 'none'), '--out', join(root, 'elsewhere')]
  const { code, stderr } = await run(args)
  expect([code, stderr.trimEnd().split('\n')]).toEqual([
    2,
    [expect.stringMatching(/evaluation\.json: it is a folder \(EISDIR\)/)],
  ])
  await rm(blocked, { recursive: true })
})

test.each([
  [['evaluate', '']],
  [['predict', '', 'a.png']],
  [['predict', 'run', '']],
  [['report', 'a', '']],
  [['train', '--resume', '']],
  [['train', 'lenet5', '--data', '']],
])('an empty path in %j is refused', async (args) => {
  const { code, stderr } = await run(args)
  expect([code, stderr]).toEqual([
    2,
    expect.stringMatching(/^\S+: expected a path, got ""; correct the (flag|argument)\n$/),
  ])
})
