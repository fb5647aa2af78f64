import { numberedClasses, type Dataset } from '@mnist-lab/data'
import { decodePicture, writeData } from '@mnist-lab/data/node'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { pictureBlocks } from '../src/data/picture-blocks.js'
import { run } from './support/program.js'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'mnist-cli-'))
  await writeData({ train: SET, test: SET }, 'csv', join(root, 'csv'))
})
afterAll(() => rm(root, { recursive: true }))

/** Ten images of 4×4 for each of two classes, with a bright upper or lower half. */
const SET: Dataset = {
  name: 'halves',
  images: Uint8Array.from({ length: 20 * 16 }, (_, at) => {
    const isUpper = at % 16 < 8
    return isUpper === at < 160 ? 255 - (Math.floor(at / 16) % 10) : 0
  }),
  labels: Uint8Array.from({ length: 20 }, (_, at) => Number(at >= 10)),
  count: 20,
  shape: [4, 4, 1],
  classNames: ['upper', 'lower'],
}

describe('mnist data info', () => {
  test('prints the counts, the pixels, the classes and the duplicates', async () => {
    const { stdout } = await run(['data', 'info', join(root, 'csv')])
    expect(stdout).toContain('images      4×4×1: 20 for training, 20 for the test\n')
    expect(stdout).toContain(
      '; 20 test images equal a training image, 0 of them with another label\n',
    )
    expect(stdout).toContain('\n    0  upper        10    10\n    1  lower        10    10\n')
    const json = await run(['data', 'info', join(root, 'csv'), '--json'])
    expect(JSON.parse(json.stdout)).toMatchObject({
      format: 'csv',
      shape: [4, 4, 1],
      shared: { images: 20 },
    })
  })
})

describe('mnist data show', () => {
  test('draws images of each class with half blocks', async () => {
    const { stdout } = await run(['data', 'show', join(root, 'csv'), '--count', '2'])
    expect(stdout).toBe('0: upper\n████ ████\n\n1: lower\n\n████ ████\n')
  })

  test('draws greys where the terminal has colours', () => {
    const [line] = pictureBlocks({ images: Uint8Array.of(0, 255), shape: [2, 1, 1] }, [0], {
      colours: true,
    })
    expect(line).toBe('\u001b[38;5;232;48;5;255m▀\u001b[0m')
  })

  test('writes a sheet as PNG, a row for each class', async () => {
    const out = join(root, 'sheet.png')
    expect(
      (await run(['data', 'show', join(root, 'csv'), '--count', '3', '--out', out])).code,
    ).toBe(0)
    const { width, height, data } = await decodePicture(await readFile(out), out)
    expect([width, height]).toEqual([2 + 3 * 6, 2 + 2 * 6])
    expect([data[0], data[(2 * width + 2) * 4], data[(8 * width + 2) * 4]]).toEqual([128, 255, 0])
  })
})

describe('a published dataset', () => {
  test('that cannot be downloaded says what to put where', async () => {
    vi.stubEnv('MNIST_LAB_CACHE', join(root, 'cache'))
    vi.stubEnv('MNIST_LAB_MIRROR', 'http://127.0.0.1:1')
    for (const args of [
      ['train', 'lenet5'],
      ['data', 'info'],
      ['reproduce', '--out', join(root, 'study')],
    ]) {
      const { code, stderr } = await run([...args, '--dataset', 'kmnist'])
      expect(code).toBe(2)
      expect(stderr).toContain('http://127.0.0.1:1/kmnist/train-images-idx3-ubyte.gz')
      expect(stderr).toContain(`put it into ${join(root, 'cache/datasets/kmnist')}\n`)
    }
    vi.unstubAllEnvs()
  })

  test('is no path at the same time', async () => {
    const both = await run(['train', 'lenet5', '--dataset', 'mnist', '--data', root])
    expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining('cannot be used with') })
    const info = await run(['data', 'info', root, '--dataset', 'mnist'])
    expect(info.stderr).toContain('--dataset: expected either a path or a dataset, got both; ')
  })
})

describe('mnist data convert and split', () => {
  test('write data that trains', async () => {
    const out = join(root, 'parquet')
    const { stdout } = await run([
      'data',
      'convert',
      join(root, 'csv'),
      '--to',
      'parquet',
      '--out',
      out,
    ])
    expect(stdout).toMatch(/parquet: 20 training and 20 test images as parquet\n$/)
    const { stdout: info } = await run(['data', 'info', out])
    expect(info).toContain('    1  lower        10    10\n')
  })

  test('divide one file by a seed, in its own format', async () => {
    const [out, again] = [join(root, 'split'), join(root, 'again')]
    for (const folder of [out, again]) {
      const flags = ['--test', '0.3', '--seed', '7', '--out', folder]
      await run(['data', 'split', join(root, 'csv/train.csv'), ...flags])
    }
    expect(await readdir(out)).toEqual(['test.csv', 'train.csv'])
    expect(await readFile(join(out, 'test.csv'))).toEqual(await readFile(join(again, 'test.csv')))
    const { stdout } = await run(['data', 'info', out, '--json'])
    expect(JSON.parse(stdout)).toMatchObject({
      train: { perClass: [7, 7] },
      test: { perClass: [3, 3] },
      classNames: numberedClasses(2),
    })
  })

  test.each([
    [['convert', '--to', 'csv', '--out', 'OUT'], 'the folder is not empty'],
    [['split', '--out', 'NEW'], 'the data has test images already'],
    [['convert', '--to', 'csv'], "required option '--out <dir>'"],
    [['convert', '--to', 'hdf5', '--out', 'NEW'], "'hdf5' is invalid"],
  ])('%j is refused in one line', async ([name, ...flags], expected) => {
    const args = flags.map((flag) => ({ OUT: root, NEW: join(root, 'new') })[flag] ?? flag)
    const { code, stderr } = await run(['data', name!, join(root, 'csv'), ...args])
    expect({ code, lines: stderr.trim().split('\n').length }).toEqual({ code: 2, lines: 1 })
    expect(stderr).toContain(expected)
    expect(await readdir(root)).not.toContain('new')
  })
})
