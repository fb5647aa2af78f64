// Folders of datasets as people have them: other programs, other names, damaged downloads.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync, gzipSync } from 'node:zlib'
import { type IdxArray, writeIdx } from '@mnist-lab/data'
import { loadMnist } from '@mnist-lab/data/node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { faultOf } from '../src/judge.js'

const TRAIN = 60
const TEST = 20
const SIDE = 8

const bytes = (shape: readonly number[], at: (i: number) => number): IdxArray => ({
  type: 'uint8',
  shape,
  data: Uint8Array.from({ length: shape.reduce((product, size) => product * size, 1) }, (_, i) =>
    at(i),
  ),
})
const pixel = (i: number) => (i * 37) % 256
const images = (count: number) => bytes([count, SIDE, SIDE], pixel)
const labels = (count: number, classes = 10) => bytes([count], (i) => i % classes)
const int32 = ({ shape, data }: IdxArray): IdxArray => ({
  type: 'int32',
  shape,
  data: Int32Array.from(data),
})
const floats = ({ shape, data }: IdxArray): IdxArray => ({
  type: 'float32',
  shape,
  data: Float32Array.from(data, (value) => value / 255),
})
const reshaped = ({ data }: IdxArray, ...shape: number[]) => bytes(shape, (i) => data[i]!)
/** QMNIST's labels: the class, and seven facts. */
const qmnist = ({ data }: IdxArray): IdxArray => ({
  type: 'int32',
  shape: [data.length, 8],
  data: Int32Array.from({ length: 8 * data.length }, (_, i) => (i % 8 === 0 ? data[i / 8]! : i)),
})

const NAMES = [
  'train-images-idx3-ubyte',
  'train-labels-idx1-ubyte',
  't10k-images-idx3-ubyte',
  't10k-labels-idx1-ubyte',
] as const
type Files = Readonly<Record<string, Uint8Array>>

const filesOf = (...arrays: readonly [IdxArray, IdxArray, IdxArray, IdxArray]): Files =>
  Object.fromEntries(NAMES.map((name, at) => [name, writeIdx(arrays[at]!)]))
const PLAIN = filesOf(images(TRAIN), labels(TRAIN), images(TEST), labels(TEST))
const withLabels = (of: (count: number) => IdxArray) =>
  filesOf(images(TRAIN), of(TRAIN), images(TEST), of(TEST))
const withImages = (of: (count: number) => IdxArray) =>
  filesOf(of(TRAIN), labels(TRAIN), of(TEST), labels(TEST))
const each = (
  content: (bytes: Uint8Array) => Uint8Array,
  name: (name: string) => string = (name) => name,
): Files =>
  Object.fromEntries(Object.entries(PLAIN).map(([key, file]) => [name(key), content(file)]))
const packed = (name: string) => `${name}.gz`
const joined = (...parts: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(parts))
const HTML = new TextEncoder().encode('<!DOCTYPE html><html><title>403 Forbidden</title></html>')
/** The magic number and the sizes with their bytes in the order of most processors. */
const littleEndian = (file: Uint8Array) => {
  const result = file.slice()
  result.set([file[3]!, file[2]!, 0, 0])
  for (let at = 4; at < 4 + 4 * file[3]!; at += 4) result.subarray(at, at + 4).reverse()
  return result
}
const emnist = (name: string) => `emnist-digits-${name.replace('t10k', 'test')}.gz`
const bomb = gzipSync(new Uint8Array(2 ** 26))

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mnist-lab-cases-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

async function load(name: string, files: Files, limit?: number) {
  const directory = join(folder, name)
  mkdirSync(directory)
  for (const [file, content] of Object.entries(files)) writeFileSync(join(directory, file), content)
  return loadMnist({ directory, limit })
}

describe('a folder is read', () => {
  test.each<[string, Files]>([
    ['plain', PLAIN],
    ['dotted-gz', each(gzipSync, (name) => packed(name.replace('-idx', '.idx')))],
    [
      'gz-two-members',
      each((file) => joined(gzipSync(file.subarray(0, 9)), gzipSync(file.subarray(9))), packed),
    ],
    ['gz-named-but-raw', each((file) => file, packed)],
    ['raw-named-but-gz', each(gzipSync)],
    ['emnist-names', each(gzipSync, emnist)],
    ['letters-1-26', withLabels((count) => bytes([count], (i) => (i % 26) + 1))],
    ['balanced-47', withLabels((count) => labels(count, 47))],
    ['binary-0-1', withLabels((count) => labels(count, 2))],
    ['qmnist-renamed', withLabels((count) => qmnist(labels(count)))],
    ['labels-int32', withLabels((count) => int32(labels(count)))],
    ['labels-column', withLabels((count) => reshaped(labels(count), count, 1))],
    ['images-int32', withImages((count) => int32(images(count)))],
    ['images-float', withImages((count) => floats(images(count)))],
    ['flat', withImages((count) => reshaped(images(count), count, SIDE * SIDE))],
    ['rgb', withImages((count) => bytes([count, SIDE, SIDE, 3], pixel))],
    ['one-image', filesOf(images(1), labels(1), images(1), labels(1))],
  ])('%s', async (name, files) => {
    const { train, test } = await load(name, files)
    const isSingle = name === 'one-image'
    expect([train.count, test.count]).toEqual(isSingle ? [1, 1] : [TRAIN, TEST])
    // Whatever type they were stored as, the pixels are the same bytes.
    expect(Array.from(train.images.subarray(0, 5))).toEqual([0, 1, 2, 3, 4].map(pixel))
    expect(train.labels[1] ?? 1).toBe(name === 'letters-1-26' ? 2 : 1)
  })

  test('seventy-thousand, and a limit of 65,000', async () => {
    const [train, test] = [bytes([70_000, 1, 1], pixel), bytes([9, 1, 1], pixel)]
    const files = filesOf(train, labels(70_000), test, labels(9))
    expect((await load('seventy-thousand', files, 65_000)).train.count).toBe(65_000)
  })
})

describe('a folder is refused with one line', () => {
  test.each<[string, Files, RegExp]>([
    [
      'gz-trailing-garbage',
      each((file) => joined(gzipSync(file), Buffer.from('\r\n')), packed),
      /gzip/,
    ],
    ['gz-twice', each((file) => gzipSync(gzipSync(file)), packed), /gzip|magic/],
    ['html', each(() => HTML, packed), /wrong magic number/],
    ['zlib-not-gzip', each(deflateSync, packed), /wrong magic number/],
    ['little-endian', each(littleEndian), /wrong magic number/],
    [
      'test-shorter-labels',
      filesOf(images(TRAIN), labels(TRAIN), images(TEST), labels(TEST - 1)),
      /expected 20 labels/,
    ],
    ['crlf', each((file) => joined(file, Buffer.from('\r\n'))), /trailing bytes/],
    ['gz-bomb', { ...PLAIN, [NAMES[0]]: bomb }, /./],
    [
      'gz-longer-than-declared',
      { ...PLAIN, [NAMES[0]]: gzipSync(joined(PLAIN[NAMES[0]]!, new Uint8Array(2 ** 26))) },
      /header declares a file of/,
    ],
  ])('%s', async (name, files, message) => {
    const error: unknown = await load(name, files).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(Error)
    expect(faultOf(error)).toBeUndefined()
    expect((error as Error).message).toMatch(message)
  })

  test('gz-trailing-zeros is read, or refused with one line', async () => {
    const files = each((file) => joined(gzipSync(file), new Uint8Array(512)), packed)
    const result: unknown = await load('gz-trailing-zeros', files).catch((error: unknown) => error)
    if (result instanceof Error) expect(faultOf(result)).toBeUndefined()
    else expect(result).toMatchObject({ train: { count: TRAIN } })
  })
})
