// What files can hold to fill the memory, overflow the stack or take over the terminal.
import { cp, mkdir, mkdtemp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run, succeed } from './support/program.js'
import { smallMnist, writeFiles } from './support/small-data.js'

/** What moves the cursor, changes colours, or turns the direction of text; line breaks are left. */
const HARMFUL = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/u
/** Clears the screen, renames the window, colours, overwrites the line, and C1's and bidi's own. */
const EVIL = 'x\u001B[2J\u001B]0;pwned\u0007\u001B[31mRED\rOVERWRITE\u009B2J\u202E'
const layers = [{ type: 'flatten' }, { type: 'dense', units: 10 }]

let folder: string
let data: string
let trained: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mnist-foreign-'))
  data = await writeFiles(join(folder, 'data'), await smallMnist(64, 32))
  trained = join(folder, 'trained')
  await succeed([
    'train',
    await spec('good', {}),
    '--data',
    data,
    '--epochs',
    '1',
    '--out',
    trained,
  ])
})
afterAll(() => rm(folder, { recursive: true }))

async function spec(name: string, change: object): Promise<string> {
  const file = join(folder, `${name}.json`)
  await writeFile(file, JSON.stringify({ name, inputShape: [28, 28, 1], layers, ...change }))
  return file
}

const train = (file: string, ...flags: readonly string[]) =>
  run(['train', file, '--data', data, '--epochs', '1', '--out', join(folder, 'out'), ...flags])

async function expectRefusal(args: readonly string[], message: RegExp): Promise<void> {
  const { code, stdout, stderr } = await run(args)
  expect({ code, stdout }, args.join(' ')).toEqual({ code: 2, stdout: '' })
  expect(stderr.trimEnd()).toMatch(message)
  expect(stderr.trimEnd()).not.toMatch(HARMFUL)
}

describe('a ModelSpec beyond a limit is refused in one line by every command', () => {
  const dense = (units: number) => ({ type: 'dense', units })
  test.each<[string, object, RegExp]>([
    ['10^9 units', { layers: [layers[0], dense(1e9), dense(10)] }, /too large, expected at most/],
    [
      '60 layers of 10^8 weights',
      { layers: [layers[0], ...Array.from({ length: 60 }, () => dense(10_000)), dense(10)] },
      /the model is too large, expected at most 268435456 weights, got 5908540010/,
    ],
    [
      '10^8 outputs of three layers',
      {
        layers: [
          { type: 'conv2d', filters: 200_000, kernelSize: 1 },
          { type: 'relu' },
          { type: 'maxPool2d', poolSize: 28 },
          ...layers,
        ],
      },
      /at most 268435456 numbers in its input and all outputs, got 313800794/,
    ],
    [
      'a huge image',
      { inputShape: [1e9, 1e9, 1], layers: [{ type: 'maxPool2d', poolSize: 1e9 }, ...layers] },
      /numbers in its input and all outputs, got 1000000000000000000/,
    ],
    [
      '100,000 layers',
      { layers: Array.from({ length: 30_000 }, () => ({ type: 'relu' })) },
      /at layers: expected at most 1000 layers, got a list of 30000/,
    ],
  ])('%s', async (_, change, message) => {
    const file = await spec('large', change)
    for (const args of [
      ['summary', file],
      ['summary', file, '--program'],
      ['train', file, '--data', data],
    ])
      await expectRefusal(args, message)
    const copy = await changedRun((run) => ({
      ...run,
      model: { name: 'a', inputShape: [28, 28, 1], layers, ...change },
    }))
    for (const command of ['evaluate', 'predict', 'report'])
      await expectRefusal([command, copy, ...(command === 'predict' ? ['a.png'] : [])], message)
  })

  test('deep nesting, in any file', async () => {
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`
    const file = join(folder, 'deep.json')
    await writeFile(file, `{"name":"a","inputShape":[28,28,1],"layers":${deep}}`)
    const message = /: nested too deeply, expected at most 64 lists and objects within each other; /
    await expectRefusal(['summary', file], message)
    const copy = await changedRun((run) => run)
    await writeFile(join(copy, 'run.json'), deep)
    for (const args of [
      ['evaluate', copy],
      ['predict', copy, 'a.png'],
      ['report', copy],
      ['train', '--resume', copy],
    ])
      await expectRefusal(args, message)
    await writeFile(join(copy, 'study.json'), deep)
    await expectRefusal(['report', copy], message)
    await expectRefusal(['reproduce', '--out', copy], message)
  })
})

async function changedRun(change: (run: Record<string, unknown>) => object): Promise<string> {
  const copy = await mkdtemp(join(folder, 'run-'))
  await cp(trained, copy, { recursive: true })
  const file = join(copy, 'run.json')
  const before = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>
  await writeFile(file, JSON.stringify(change(before)))
  return copy
}

describe('a file beyond its limit is refused before it is read', () => {
  test('sparse files of a terabyte', async () => {
    const huge = join(folder, 'huge.json')
    await writeFile(huge, '')
    await truncate(huge, 2 ** 40)
    await expectRefusal(['summary', huge], /huge\.json: the file is too large, expected at most/)
    await expectRefusal(['predict', trained, huge], /huge\.json: the file is too large/)
    const directory = join(folder, 'huge-data')
    await mkdir(directory)
    await symlink(huge, join(directory, 'train-images-idx3-ubyte'))
    await expectRefusal(
      ['data', 'verify', '--data', directory],
      /train-images-idx3-ubyte: the file is too large, expected at most 2147483648 bytes/,
    )
    for (const name of ['run.json', 'weights.safetensors', 'checkpoint.safetensors']) {
      const copy = await changedRun((run) => run)
      await truncate(join(copy, name), 2 ** 40)
      await expectRefusal(['evaluate', copy], new RegExp(`${name}: the file is too large`))
    }
  })

  test.skipIf(process.platform === 'win32')('devices that never end', async () => {
    const endless = join(folder, 'endless.json')
    await symlink('/dev/zero', endless)
    await expectRefusal(['summary', endless], /endless\.json: the file is too large, .*got more/)
    const copy = await changedRun((run) => run)
    await rm(join(copy, 'run.json'))
    await symlink('/dev/zero', join(copy, 'run.json'))
    await expectRefusal(['evaluate', copy], /run\.json: it is a pipe, a socket or a device/)
  })
})

test('texts of files reach no output with control characters', async () => {
  const file = await spec('esc', { name: EVIL })
  const outputs = [
    await run(['summary', file]),
    await run(['summary', file, '--program']),
    await run(['summary', file, '--json']),
    await run(['summary', file, '--style', 'torchinfo']),
    await train(file),
    await train(file, '--json'),
    await run(['summary', await spec(`b`, { name: EVIL, [EVIL]: 1 })]),
    await run(['summary', await spec('c', { layers: [{ type: EVIL }] })]),
  ]
  const copy = await changedRun((run) => evil(run) as object)
  for (const args of [
    ['evaluate', copy, '--data', data],
    ['evaluate', copy, '--data', data, '--json'],
    ['report', copy, '--data', data],
    ['train', '--resume', copy, '--epochs', '2'],
  ])
    outputs.push(await run(args))
  for (const { stdout, stderr } of outputs)
    for (const line of `${stdout}\n${stderr}`.split('\n')) expect(line).not.toMatch(HARMFUL)
  expect(outputs.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0, 0, 2, 2, 0, 0, 0, 2])
  for (const at of [1, 4, 8]) expect(outputs[at]!.stdout).toContain('{1b}[2J')
  for (const report of ['report.html', 'report.md']) {
    const text = await readFile(join(copy, report), 'utf8')
    expect(text).toContain('{1b}')
    for (const line of text.split('\n')) expect(line).not.toMatch(HARMFUL)
  }
})

/** Puts the text into every string of a run that is free text. */
function evil(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((part) => evil(part, key))
  if (typeof value === 'object' && value !== null) {
    if (key === 'plan' || key === 'layers') return value
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, evil(part, name)]))
  }
  const free = !['schema', 'status', 'initialWeights', 'validationFrom', 'directory'].includes(key)
  return typeof value === 'string' && free ? EVIL + value : value
}
