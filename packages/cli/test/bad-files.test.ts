import { writeIdx } from '@mnist-lab/data'
import { mkdtemp, readdir, readFile, rm, writeFile, cp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run, spawned, succeed } from './support/program.js'
import { type IdxFiles, smallMnist, writeFiles } from './support/small-data.js'

let folder: string
let files: IdxFiles
let good: string
let trained: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mnist-cli-'))
  files = await smallMnist(64, 32)
  good = await writeFiles(join(folder, 'good'), files)
  trained = join(folder, 'trained')
  await succeed(['train', 'custom-mlp', '--data', good, '--epochs', '1', '--out', trained])
})
afterAll(() => rm(folder, { recursive: true }))

const altered = (
  change: (bytes: Uint8Array) => Uint8Array,
  file: keyof IdxFiles = 'train-images-idx3-ubyte',
): Partial<IdxFiles> => ({ ...files, [file]: change(files[file].slice()) })

describe('unusable data is reported in one line, and nothing is written', () => {
  test.each<[string, () => Partial<IdxFiles>, RegExp]>([
    [
      'truncated',
      () => altered((bytes) => bytes.subarray(0, 5000)),
      /train-images-idx3-ubyte: header declares 64×28×28 .*got 5000|train-images-idx3-ubyte: .*truncated/,
    ],
    [
      'of another format',
      () => altered((bytes) => bytes.fill(0x50, 0, 4)),
      /train-images-idx3-ubyte: .*magic/i,
    ],
    [
      'with fewer labels than images',
      () =>
        altered(
          () => writeIdx({ type: 'uint8', shape: [63], data: new Uint8Array(63) }),
          'train-labels-idx1-ubyte',
        ),
      /train: expected 64 labels, one for each image, got 63/,
    ],
    [
      'of another size',
      () => ({
        ...files,
        'train-images-idx3-ubyte': writeIdx({
          type: 'uint8',
          shape: [64, 27, 29],
          data: new Uint8Array(64 * 27 * 29),
        }),
      }),
      /train with lenet5: expected images of 28×28×1, got 27×29×1/,
    ],
    [
      'lacking a file',
      () => {
        const { 't10k-labels-idx1-ubyte': _, ...others } = files
        return others
      },
      /t10k-labels-idx1-ubyte: no such file/,
    ],
  ])('%s', async (name, make, message) => {
    const directory = await writeFiles(join(folder, name.replaceAll(' ', '-')), make())
    const out = join(folder, `out-${name}`)
    const { code, stderr } = await run([
      'train',
      'lenet5',
      '--data',
      directory,
      '--epochs',
      '1',
      '--out',
      out,
    ])
    expect(code).toBe(2)
    expect(stderr.trimEnd()).toMatch(message)
    expect(stderr.trimEnd()).not.toContain('\n')
    expect(await readdir(folder)).not.toContain(`out-${name}`)
  })

  test('data verify distinguishes MNIST from other data, also in its exit code', async () => {
    const { code, stdout, stderr } = await run(['data', 'verify', '--data', good])
    expect(code).toBe(2)
    expect(stdout.match(/DIFFERS$/gm)).toHaveLength(4)
    expect(stderr).toMatch(
      /train-images-idx3-ubyte: the file is not the one of MNIST, expected SHA-256 ba89/,
    )
    expect((await run(['data', 'verify', '--data', good, '--json'])).code).toBe(2)
    expect((await run(['data', 'verify'])).code).toBe(0)
  })
})

describe('an out folder that cannot be used', () => {
  test('is refused when it holds other things, or lies in a file', async () => {
    const train = (out: string) =>
      run(['train', 'custom-mlp', '--data', good, '--epochs', '1', '--out', out])
    expect(await train(good)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /good: the folder holds files that do not belong to a run/,
      ) as string,
    })
    const file = join(trained, 'run.json')
    const before = await readFile(file)
    expect(await train(join(file, 'x'))).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/a part of the path is a file/) as string,
    })
    expect(await readFile(file)).toEqual(before)
  })

  test('that fills up has only whole files', async () => {
    const out = join(folder, 'full')
    // 100 blocks hold run.json, and not half of the checkpoint.
    const { code, stderr } = await spawned(
      ['train', 'custom-mlp', '--data', good, '--epochs', '2', '--out', out],
      { fileLimit: 100 },
    )
    expect(code).toBe(2)
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(
      /checkpoint\.safetensors: the file is larger than the system allows \(EFBIG\)/,
    )
    expect(await readdir(out)).toEqual(['run.json', 'train', 'validation'])
    JSON.parse(await readFile(join(out, 'run.json'), 'utf8'))
  })
})

describe('a run that is damaged', () => {
  async function damaged(file: string, change: (bytes: Buffer) => Uint8Array): Promise<string> {
    const copy = await mkdtemp(join(folder, 'damaged-'))
    await cp(trained, copy, { recursive: true })
    await writeFile(join(copy, file), change(await readFile(join(copy, file))))
    return copy
  }

  test.each<[string, string, (bytes: Buffer) => Uint8Array, RegExp]>([
    [
      'a header length beyond the file',
      'weights.safetensors',
      (bytes) => bytes.fill(0xff, 0, 7),
      /weights\.safetensors: the header is t/,
    ],
    [
      'a header that is not JSON',
      'weights.safetensors',
      (bytes) => bytes.fill(0x20, 9, 20),
      /weights\.safetensors: the header is not JSON/,
    ],
    [
      'truncated weights',
      'weights.safetensors',
      (bytes) => bytes.subarray(0, -4),
      /weights\.safetensors: the file is truncated/,
    ],
    [
      'a truncated checkpoint',
      'checkpoint.safetensors',
      (bytes) => bytes.subarray(0, 99),
      /checkpoint\.safetensors: /,
    ],
    ['run.json cut off', 'run.json', (bytes) => bytes.subarray(0, 99), /run\.json: not JSON/],
    [
      'run.json of another kind',
      'run.json',
      () => Buffer.from('{"schema":"mnist-lab/run@9"}'),
      /run\.json: field schema/,
    ],
  ])('%s', async (_name, file, change, message) => {
    const copy = await damaged(file, change)
    const { code, stdout, stderr } = await run(['evaluate', copy, '--limit', '8'])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr.trimEnd()).toMatch(message)
    expect(stderr.trimEnd()).not.toContain('\n')
  })
})
