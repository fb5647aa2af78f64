import { writeIdx } from '@mnist-lab/data'
import { evaluationSchema } from '@mnist-lab/train'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PNG } from 'pngjs'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { run, succeed } from './support/program.js'
import { writeFiles } from './support/small-data.js'

const PIXELS = 784

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'mnist-cli-'))
  // Without Chromium a report is not printed as PDF, which would take most of the time.
  vi.stubEnv('CHROMIUM_PATH', join(root, 'none'))
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await rm(root, { recursive: true })
})

/** Writes a dataset with `each` images of every label. A pattern of its own shows the label. */
async function dataset(name: string, labels: readonly number[], each = 2): Promise<string> {
  const all = Array.from({ length: each }, () => labels).flat()
  const images = writeIdx({
    type: 'uint8',
    shape: [all.length, 28, 28],
    data: Uint8Array.from({ length: all.length * PIXELS }, (_, i) => pixel(all, i)),
  })
  const classes = writeIdx(
    Math.max(...all) > 255
      ? { type: 'int32', shape: [all.length], data: Int32Array.from(all) }
      : { type: 'uint8', shape: [all.length], data: Uint8Array.from(all) },
  )
  return writeFiles(join(root, name), {
    'train-images-idx3-ubyte': images,
    'train-labels-idx1-ubyte': classes,
    't10k-images-idx3-ubyte': images,
    't10k-labels-idx1-ubyte': classes,
  })
}

function pixel(labels: readonly number[], at: number): number {
  const mixed = Math.imul(labels[Math.floor(at / PIXELS)]! * PIXELS + (at % PIXELS) + 1, 0x9e3779b1)
  return Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b) >>> 30 === 0 ? 255 : 0
}

const counted = (classes: number, from = 0) => Array.from({ length: classes }, (_, i) => from + i)

async function model(units: number): Promise<string> {
  const path = join(root, `outputs-${units}.json`)
  const layers = [{ type: 'flatten' }, { type: 'dense', units }]
  const spec = { name: `outputs-${units}`, inputShape: [28, 28, 1], layers }
  await writeFile(path, JSON.stringify(spec))
  return path
}

interface Evaluated {
  readonly accuracy: number
  readonly confusion: {
    readonly classes: readonly string[]
    readonly counts?: readonly number[]
    readonly nonZero?: readonly object[]
  }
  readonly report: { readonly classes: readonly { readonly support: number }[] }
}

/** Trains a model until it knows every image, and evaluates it. */
async function trained(name: string, data: string, units: number): Promise<string> {
  const out = join(root, name)
  const settings = ['--epochs', '4', '--batch', '4', '--lr', '0.02', '--backend', 'fused']
  await succeed(['train', await model(units), '--data', data, '--out', out, ...settings])
  return out
}

async function evaluated(folder: string): Promise<Evaluated> {
  const { stdout } = await run(['evaluate', folder, '--json'])
  return JSON.parse(stdout) as Evaluated
}

describe.each([
  ['letters, labelled 1 to 26', counted(26, 1), 27, 27],
  ['47 classes', counted(47), 47, 47],
  ['two classes', [0, 1], 2, 2],
  ['ten classes and a model with 12 outputs', counted(10), 12, 12],
])('%s', (name, labels, units, rows) => {
  let folder: string
  beforeAll(async () => {
    folder = await trained(
      `run ${name}`,
      await dataset(name, labels, labels.length < 3 ? 8 : 2),
      units,
    )
  })

  test('are trained, and evaluated with a row for each output', async () => {
    const { accuracy, confusion, report } = await evaluated(folder)
    expect(accuracy).toBe(1)
    expect(confusion.classes).toEqual(counted(rows).map(String))
    expect(confusion.counts).toHaveLength(rows ** 2)
    expect(report.classes.map(({ support }) => support > 0)).toEqual(
      counted(rows).map((label) => labels.includes(label)),
    )
    const { stdout } = await run(['evaluate', folder])
    const lines = stdout.split('\n')
    const matrix = lines.findIndex((line) => line.startsWith('true \\ predicted')) + 2
    expect(lines.slice(matrix, matrix + rows).map((line) => line.split(' ')[0])).toEqual(
      counted(rows).map(String),
    )
  })

  test('are reported', async () => {
    await succeed(['report', folder])
    const markdown = await readFile(join(folder, 'report.md'), 'utf8')
    expect(markdown).toContain('Rows are true classes, columns are predicted classes.')
    const kept = evaluationSchema.parse(
      JSON.parse(await readFile(join(folder, 'evaluation.json'), 'utf8')),
    )
    expect(kept.confusion).toHaveLength(rows ** 2)
  })
})

test('an output that is no class of the data can be predicted', async () => {
  const data = await dataset('ten', counted(10))
  const out = join(root, 'run untrained')
  const settings = ['--epochs', '1', '--lr', '1e-9', '--backend', 'fused']
  await succeed(['train', await model(12), '--data', data, '--out', out, ...settings])
  const { confusion } = await evaluated(out)
  const beyond = confusion.counts!.filter((_, at) => at % 12 >= 10)
  expect(beyond.reduce((sum, count) => sum + count)).toBeGreaterThan(0)
  await succeed(['evaluate', out])
  await succeed(['report', out])
})

describe('300 classes', () => {
  let folder: string
  beforeAll(async () => {
    folder = await trained('run 300', await dataset('300', counted(300)), 300)
  })

  test('are predicted right, those above 255 too', async () => {
    const { accuracy, confusion, report } = await evaluated(folder)
    expect(accuracy).toBe(1)
    expect(confusion.counts).toHaveLength(300 ** 2)
    expect(report.classes[299]).toMatchObject({ precision: 1, recall: 1, support: 2 })
  })

  test('are too many for tables, which say what they leave out', async () => {
    const { stdout } = await run(['evaluate', folder])
    expect(stdout).toContain(
      'The confusion matrix of 300 classes is too large to print. There are no mistakes.',
    )
    expect(stdout).toContain('… and 236 more classes\n')
    expect(stdout).toContain('--json prints the figures of all classes.')
    await succeed(['report', folder])
    expect(await readFile(join(folder, 'report.md'), 'utf8')).toContain(
      'has 300 classes and is too large to draw. 0 of 600 images are classified wrongly.',
    )
  })

  test('are too many for a bar each when a picture is classified', async () => {
    const png = new PNG({ width: 28, height: 28 })
    png.data.fill(255)
    for (let row = 8; row < 20; row++) png.data.fill(0, (row * 28 + 14) * 4, (row * 28 + 16) * 4)
    for (let at = 3; at < png.data.length; at += 4) png.data[at] = 255
    const picture = join(root, 'one.png')
    await writeFile(picture, PNG.sync.write(png))
    const { stdout } = await run(['predict', folder, picture])
    expect(stdout.trim().split('\n')).toHaveLength(12)
    expect(stdout).toMatch(/… and 290 more classes, \d+\.\d% together/)
  })
})

test('more classes than a matrix is made for are kept as counts', async () => {
  const data = await dataset('two', [0, 1])
  const folder = join(root, 'run wide')
  const settings = ['--epochs', '1', '--lr', '1e-9', '--backend', 'fused']
  await succeed(['train', await model(2000), '--data', data, '--out', folder, ...settings])
  const { confusion, report } = await evaluated(folder)
  expect(confusion.counts).toBeUndefined()
  expect(confusion.nonZero).not.toHaveLength(0)
  expect(report.classes).toHaveLength(2000)
  const { stdout } = await run(['evaluate', folder])
  expect(stdout).toContain('These are the most frequent mistakes:\n\ntrue class')
  await succeed(['report', folder])
  expect(await readFile(join(folder, 'report.md'), 'utf8')).toContain('| true class |')
  const file = await readFile(join(folder, 'evaluation.json'), 'utf8')
  expect(evaluationSchema.parse(JSON.parse(file)).confusionCounts).not.toHaveLength(0)
})

describe('refuses in one line', () => {
  const refusal = async (args: readonly string[]) => {
    const { code, stdout, stderr } = await run(args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    return stderr
  }

  test('a model with fewer outputs than the data has classes', async () => {
    const data = await dataset('letters', counted(26, 1))
    const out = join(root, 'never')
    expect(await refusal(['train', await model(10), '--data', data, '--out', out])).toBe(
      'letters/train with outputs-10: labels from 0 to 26 need an output each, expected a model with at least 27 outputs, got 10; use a model whose last dense layer has 27 units\n',
    )
    const folder = await trained('run of two', await dataset('two', [0, 1]), 2)
    expect(await refusal(['evaluate', folder, '--data', data])).toContain('labels from 0 to 26')
  })

  test('a label that no model can have an output for', async () => {
    const data = await dataset('labels-too-large', [0, 65_535])
    expect(await refusal(['train', 'lenet5', '--data', data])).toContain(
      'label of sample 1, expected a whole number from 0 to 65534, got 65535; ',
    )
  })

  test('a model with more outputs than there can be classes', async () => {
    expect(await refusal(['train', await model(65_536)])).toBe(
      'outputs-65536: too many outputs, expected at most 65535, one for each class, got 65536; make the last layer smaller\n',
    )
  })

  test('a batch that is larger than the data, or than the memory of the backend', async () => {
    const data = await dataset('two', [0, 1])
    const two = await model(2)
    expect(await refusal(['train', two, '--data', data, '--batch', '5'])).toBe(
      '--batch: two/train has 4 images, expected a whole number from 1 to 4, got 5; use a smaller batch\n',
    )
    const folder = await trained('run of four', data, 2)
    expect(await refusal(['evaluate', folder, '--batch', '5'])).toContain('two/test has 4 images')
    const flags = ['--batch', '60000', '--backend', 'wasm', '--out', join(root, 'never')]
    expect(await refusal(['train', 'lenet5', ...flags])).toMatch(
      /^backend wasm: a step of lenet5 on 60000 images does not fit in its memory, expected at most 4294901760 bytes, got \d+; use smaller batches/,
    )
  })
})
