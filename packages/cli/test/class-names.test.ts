import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { numberedClasses, type Dataset, writeIdx } from '@mnist-lab/data'
import { writeData } from '@mnist-lab/data/node'
import { parseForeignJson } from '@mnist-lab/core'
import { PNG } from 'pngjs'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { run, succeed } from './support/program.js'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'mnist-cli-'))
  vi.stubEnv('CHROMIUM_PATH', join(root, 'none'))
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await rm(root, { recursive: true })
})

/** Images of 28×28 with a bright band, whose place and direction show the class. */
function bands(classNames: readonly string[], count = 40): Dataset {
  const labels = Uint8Array.from({ length: count }, (_, at) => at % classNames.length)
  const images = new Uint8Array(count * 784)
  for (const [at, label] of labels.entries())
    for (let i = 0; i < 28; i++)
      for (let j = 0; j < 3; j++) images[at * 784 + (6 + 6 * label + j) * 28 + i] = 255
  return { name: 'bands', images, labels, count, shape: [28, 28, 1], classNames }
}

/** Two layers that learn the bands in an epoch. */
async function model(units: number): Promise<string> {
  const path = join(root, `${units}.json`)
  const layers = [{ type: 'flatten' }, { type: 'dense', units }]
  await writeFile(path, JSON.stringify({ name: 'small', inputShape: [28, 28, 1], layers }))
  return path
}

const settings = ['--epochs', '4', '--batch', '4', '--lr', '0.02', '--backend', 'fused']
const json = async (path: string) =>
  parseForeignJson(await readFile(path), { maxSize: 2 ** 20 }) as {
    readonly dataset: Record<string, unknown>
  }

test('a run knows the names of its classes when the data is gone', async () => {
  const data = join(root, 'fashion')
  const set = bands(['T-shirt/top', 'bag', 'coat'])
  await writeData({ train: set, test: set }, 'folder', data)
  const out = join(root, 'run-fashion')
  await succeed(['train', await model(3), '--data', data, '--out', out, ...settings])
  expect((await json(join(out, 'run.json'))).dataset['classNames']).toEqual(set.classNames)

  const evaluated = await run(['evaluate', out])
  expect(evaluated.stdout).toContain('accuracy 1.0000')
  expect(evaluated.stdout).toMatch(/^T-shirt\/top +20 +· +·|^T-shirt\/top +1\d +· +·/m)
  await succeed(['report', out])
  expect(await readFile(join(out, 'report-figures/confusion-run-1.svg'), 'utf8')).toContain(
    'T-shirt/top',
  )

  await rm(data, { recursive: true })
  const png = new PNG({ width: 28, height: 28 })
  for (let at = 0; at < png.data.length; at += 4) png.data.set([0, 0, 0, 255], at)
  for (let row = 6; row < 22; row++) png.data.fill(255, (row * 28 + 12) * 4, (row * 28 + 15) * 4)
  await writeFile(join(root, 'a.png'), PNG.sync.write(png))
  const predicted = await run(['predict', out, join(root, 'a.png'), '--json'])
  const [{ className, label }] = JSON.parse(predicted.stdout) as [
    { className: string; label: number },
  ]
  expect(className).toBe(set.classNames[label])
  const { stdout } = await run(['predict', out, join(root, 'a.png'), '--classes', 'x,y,z'])
  expect(stdout).toMatch(/: [xyz]\nx /)
})

test('names given at training are kept, and other data has the classes of the run', async () => {
  const data = join(root, 'numbers')
  const set = bands(numberedClasses(2))
  await writeData({ train: set, test: set }, 'csv', data)
  const out = join(root, 'run-numbers')
  const names = join(root, 'names.txt')
  await writeFile(names, 'upper\nlower\n')
  await succeed([
    'train',
    await model(2),
    '--data',
    data,
    '--classes',
    names,
    '--out',
    out,
    ...settings,
  ])
  expect((await json(join(out, 'run.json'))).dataset['classNames']).toEqual(['upper', 'lower'])
  await succeed(['train', '--resume', out, '--epochs', '5'])
  expect((await json(join(out, 'run.json'))).dataset['classNames']).toEqual(['upper', 'lower'])

  // Its classes in alphabetical order would be the other way round.
  const other = join(root, 'other')
  await writeData({ train: bands(['upper', 'lower'], 6) }, 'parquet', other)
  const evaluated = await run(['evaluate', out, '--data', other])
  expect(evaluated.stdout).toContain('accuracy 1.0000')
  const few = await run([
    'train',
    await model(2),
    '--data',
    data,
    '--classes',
    'a',
    '--out',
    join(root, 'x'),
  ])
  expect(few).toMatchObject({ code: 2, stderr: expect.stringContaining('a: no such file') })
})

test('the images of EMNIST are turned, unless a run began without that', async () => {
  const set = bands(['A', 'B'])
  const data = join(root, 'emnist')
  await writeData({ train: set, test: set }, 'csv', data)
  const folder = join(root, 'files')
  const { mkdir } = await import('node:fs/promises')
  await mkdir(folder)
  for (const split of ['train', 'test']) {
    const name = join(folder, `emnist-letters-${split}`)
    await writeFile(
      `${name}-images-idx3-ubyte`,
      writeIdx({ type: 'uint8', shape: [40, 28, 28], data: set.images }),
    )
    await writeFile(
      `${name}-labels-idx1-ubyte`,
      writeIdx({
        type: 'uint8',
        shape: [40],
        data: set.labels.map((label) => label + 1) as Uint8Array,
      }),
    )
  }
  const turned = join(root, 'run-turned')
  await succeed(['train', await model(2), '--data', folder, '--out', turned, ...settings])
  expect((await json(join(turned, 'run.json'))).dataset).toMatchObject({
    firstLabel: 1,
    transposed: true,
  })
  expect((await run(['evaluate', turned])).stdout).toContain('accuracy 1.0000')

  const out = join(root, 'run-as-stored')
  await succeed([
    'train',
    await model(2),
    '--data',
    folder,
    '--no-transpose',
    '--out',
    out,
    ...settings,
  ])
  expect((await json(join(out, 'run.json'))).dataset).not.toHaveProperty('transposed')
  expect((await run(['evaluate', out])).stdout).toContain('accuracy 1.0000')
  expect((await run(['evaluate', out, '--transpose'])).stdout).not.toContain('accuracy 1.0000')
})

test('a named model has an output for each class of the data', async () => {
  const set = bands(numberedClasses(3))
  const names = Array.from({ length: 12 }, (_, at) => `class ${at}`)
  const data = join(root, 'twelve')
  await writeData(
    { train: { ...set, classNames: names }, test: { ...set, classNames: names } },
    'parquet',
    data,
  )
  const out = join(root, 'run-twelve')
  await succeed(['train', 'lenet5', '--data', data, '--epochs', '1', '--out', out])
  const { stdout } = await run(['evaluate', out, '--json'])
  expect((JSON.parse(stdout) as { confusion: { classes: unknown } }).confusion.classes).toEqual(
    names,
  )
})
