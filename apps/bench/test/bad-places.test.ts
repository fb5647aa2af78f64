// Every file that the bench writes is checked before anything is measured.
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { badPlaces, folderInPlaceOfFile } from '../../../packages/core/test/support/bad-places.ts'
import { isInputError } from '@mnist-lab/core'
import { runBenchCommand } from '@mnist-lab/bench/node'
import { compareCommand, reportCommand } from '../src/commands.ts'
import { parseOptions } from '../src/options.ts'

const GOLDEN = fileURLToPath(new URL('../../../tests/golden/bench-v2.json', import.meta.url))

let root: string
let saved: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bench-'))
  saved = join(root, 'saved.json')
  await cp(GOLDEN, saved)
})
afterAll(() => rm(root, { recursive: true }))

const nowhere = { write: () => undefined }
const terminal = { out: nowhere, err: nowhere, signal: new AbortController().signal }

const measure = (flag: string) => (file: string) => {
  const argv = ['--backend=null', `--${flag}=${file}`]
  return runBenchCommand(parseOptions(argv, { env: {}, out: nowhere, version: '' })!, terminal)
}
const WRITING: readonly (readonly [string, (file: string) => Promise<number>])[] = [
  ['bench --json', measure('json')],
  ['bench --html', measure('html')],
  ['bench --markdown', measure('markdown')],
  ['bench --svg', measure('svg')],
  ['bench report --html', (file) => reportCommand([saved, `--html=${file}`], terminal)],
  ['bench report --markdown', (file) => reportCommand([saved, `--markdown=${file}`], terminal)],
  [
    'bench compare --markdown',
    (file) => compareCommand([saved, saved, `--markdown=${file}`], terminal),
  ],
]

/** Returns the line with which the work is refused. */
async function refusalOf(work: () => Promise<number>): Promise<string> {
  try {
    return `it is carried out, and ends with ${await work()}`
  } catch (error) {
    if (isInputError(error)) return error.message
    throw error
  }
}

test.each(WRITING)('%s refuses every bad place in one line', async (_, write) => {
  const here = await mkdtemp(join(root, 'places-'))
  const places = [
    ...(await badPlaces(here)),
    {
      name: 'a folder',
      path: await folderInPlaceOfFile(here, 'x'),
      line: /: it is a folder \(EISDIR\); name a file$/,
    },
  ]
  const before = await readdir(here)
  for (const { name, path, line } of places)
    expect(await refusalOf(async () => write(path)), name).toMatch(line)
  expect(await readdir(here)).toEqual(before)
})

test('the folder for the charts of a Markdown report is checked too', async () => {
  const here = await mkdtemp(join(root, 'charts-'))
  await cp(saved, join(here, 'report-figures'))
  const write = () => reportCommand([saved, `--markdown=${join(here, 'report.md')}`], terminal)
  expect(await refusalOf(write)).toMatch(/is a file \(ENOTDIR\); /)
  expect(await readdir(here)).toEqual(['report-figures'])
})
