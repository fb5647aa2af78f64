// A folder belongs to one process at a time. The processes run the built program.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Ended, run, spawned } from './support/program.js'
import { smallMnist, writeFiles } from './support/small-data.js'

let root: string
let data: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'mnist-cli-'))
  data = await writeFiles(join(root, 'data'), await smallMnist(96, 32))
})
afterAll(() => rm(root, { recursive: true }))

/** More epochs than a test has time for; Ctrl-C ends the run. */
const ENDLESS = ['--epochs', '100000']
const USED = /: process \d+, since \S+, is using this folder; wait until it ends, or choose another/

/**
 * Runs the same command in several processes at once. When all but one have ended, the last one
 * gets Ctrl-C.
 */
async function atOnce(count: number, args: readonly string[]): Promise<readonly Ended[]> {
  let [left, oneLeft] = [count, () => {}]
  const until = new Promise<void>((resolve) => {
    oneLeft = resolve
  })
  return Promise.all(
    Array.from({ length: count }, async () => {
      const ended = await spawned(args, { until })
      if (--left === 1) oneLeft()
      return ended
    }),
  )
}

/** Expects that one process trained until Ctrl-C, and that all others were told in one line. */
function expectOne(all: readonly Ended[]): void {
  const others = all.filter(({ code }) => code !== 130)
  expect(all.length - others.length).toBe(1)
  for (const { code, stderr } of others) {
    expect([code, stderr.trim().split('\n')]).toEqual([2, [expect.stringMatching(USED)]])
  }
}

const names = async (folder: string) => (await readdir(folder)).toSorted()

test('of four simultaneous starts one trains and three are told; so with two that resume', async () => {
  const folder = join(root, 'same', 'run')
  const train = ['train', 'lenet5', '--data', data, '--out', folder, ...ENDLESS]
  expectOne(await atOnce(4, train))
  // No folder was moved aside, and the lock went away with Ctrl-C.
  expect(await names(join(root, 'same'))).toEqual(['run'])
  expectOne(await atOnce(2, ['train', '--resume', folder]))
  expect(await names(join(root, 'same'))).toEqual(['run'])
}, 60_000)

test('a run that was killed is resumed at once, and nothing of the lock remains', async () => {
  const folder = join(root, 'killed', 'run')
  const train = ['train', 'lenet5', '--data', data, '--out', folder, ...ENDLESS]
  await spawned(train, { interruptOn: /^epoch 3/m, kill: true })
  expect(await names(join(root, 'killed'))).toEqual(['.run.lock', 'run'])
  const { epochs } = JSON.parse(await readFile(join(folder, 'run.json'), 'utf8')) as {
    epochs: object[]
  }
  const more = String(epochs.length + 2)
  expect((await run(['train', '--resume', folder, '--epochs', more])).code).toBe(0)
  expect(await names(join(root, 'killed'))).toEqual(['run'])
}, 60_000)

test('of three that reproduce one study, one trains and two are told', async () => {
  const folder = join(root, 'studies', 'study')
  const study = ['reproduce', '--data', data, '--out', folder, '--seeds', '1', '--epochs', '1000']
  expectOne(await atOnce(3, study))
  expect(await names(join(root, 'studies'))).toEqual(['study'])
  expect((await names(folder)).filter((name) => name.endsWith('.lock'))).toEqual([])
}, 60_000)

test.each([
  ['../../outside', '-..-outside'],
  ['\u001B[31mred\u0007', '-[31mred-'],
  ['CON', '_CON'],
  ['..', 'model'],
  ['n'.repeat(300), 'n'.repeat(120)],
])('a model named %j is kept in runs/%s', async (name, folder) => {
  const here = join(root, 'named', 'a', 'b')
  await rm(join(root, 'named'), { recursive: true, force: true })
  await mkdir(here, { recursive: true })
  const layers = [{ type: 'flatten' }, { type: 'dense', units: 10 }]
  await writeFile(
    join(here, 'spec.json'),
    JSON.stringify({ name, inputShape: [28, 28, 1], layers }),
  )
  const { code, stdout, stderr } = await spawned(
    ['train', 'spec.json', '--data', data, '--epochs', '1'],
    { cwd: here },
  )
  expect([code, await names(join(root, 'named')), await names(join(root, 'named', 'a'))]).toEqual([
    0,
    ['a'],
    ['b'],
  ])
  expect(await names(join(here, 'runs'))).toEqual([folder])
  // oxlint-disable-next-line no-control-regex -- these are what must not be printed
  expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F]/)
})
