import { isInputError } from '@mnist-lab/core'
import { gzipSync } from 'node:zlib'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Dataset, numberedClasses } from '../../src/dataset.js'
import { writeTar } from '../../src/formats/tar.js'
import { writeNpy } from '../../src/formats/npy.js'
import { writeIdx } from '../../src/idx.js'
import { DATA_FORMATS } from '../../src/list.js'
import { loadDataset, openData } from '../../src/node/open-data.js'
import { encodePng } from '../../src/node/pictures/write-png.js'
import { writeData } from '../../src/node/write-data.js'
import { zipSync } from 'fflate'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'mnist-data-'))
})
afterEach(() => rm(root, { recursive: true }))

/** A dataset of images whose bytes differ, with each class in turn. */
function dataset(count: number, shape: Dataset['shape'], classNames: readonly string[]): Dataset {
  const [height, width, channels] = shape
  const size = height * width * channels
  return {
    name: 'a',
    images: Uint8Array.from({ length: count * size }, (_, at) => (at * 37 + (at >> 8)) % 256),
    labels: Uint8Array.from({ length: count }, (_, at) => (at * 7) % classNames.length),
    count,
    shape,
    classNames,
  }
}

async function write(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true })
    await writeFile(join(root, name), content)
  }
  return root
}

async function refusal(read: Promise<unknown>): Promise<string> {
  try {
    await read
  } catch (error) {
    if (isInputError(error)) return error.message.replaceAll(root, 'ROOT')
    throw error
  }
  throw new Error('it was read')
}

const contentsOf = ({ images, labels, count, shape, classNames }: Dataset) => ({
  images: Buffer.from(images).toString('hex'),
  labels: [...labels],
  count,
  shape,
  classNames,
})
const png = (...pixels: number[]) => encodePng(Uint8Array.from(pixels), [2, 2, 1])
const FOUR = { '0/a1.png': png(1, 2, 3, 4), '1/a1.png': png(5, 6, 7, 8) }

describe.each(DATA_FORMATS)('%s', (format) => {
  test.each([
    ['numbered classes', numberedClasses(10), [28, 28, 1]],
    ['classes with names', ['Zebra', 'ant', 'dog'], [4, 4, 1]],
    ['names that are no folders', ['T-shirt/top', 'a', 'A', 'con'], [3, 3, 1]],
    ['names that are numbers of other classes', ['3', '7'], [3, 3, 1]],
    ['more classes than the images show', numberedClasses(30), [2, 2, 1]],
    ['images that are not square', ['a', 'b'], [2, 5, 1]],
    ['images with colours', ['a', 'b'], [3, 4, 3]],
  ] as const)('reads what it has written: %s', async (_name, classNames, shape) => {
    const data = { train: dataset(23, shape, classNames), test: dataset(11, shape, classNames) }
    const out = join(root, 'out')
    if (format === 'csv' && shape[2] !== 1) {
      expect(await refusal(writeData(data, format, out))).toContain(
        'expected grey images for a CSV file',
      )
      expect(await readdir(root)).toEqual([])
      return
    }
    await writeData(data, format, out)
    const opened = await openData(out)
    expect(opened.format).toBe(format)
    expect(contentsOf(opened.train)).toEqual(contentsOf(data.train))
    expect(contentsOf(opened.test!)).toEqual(contentsOf(data.test))
  })

  test('reports progress, and is aborted without a trace', async () => {
    const data = {
      train: dataset(23, [2, 2, 1], ['a', 'b']),
      test: dataset(600, [2, 2, 1], ['a', 'b']),
    }
    const signal = AbortSignal.abort(new Error('aborted'))
    const out = join(root, 'out')
    if (!['idx', 'csv', 'npz'].includes(format)) {
      await expect(writeData(data, format, out, { signal })).rejects.toThrow('aborted')
      expect(await readdir(root)).toEqual([])
    }
    await writeData(data, format, out)
    if (format === 'idx' || format === 'npz') return
    await expect(openData(out, { signal })).rejects.toThrow('aborted')
    const seen: number[] = []
    await openData(out, { onProgress: (done, total) => seen.push(done / total) })
    expect(seen.at(-1)).toBe(1)
  })
})

test('a folder that holds something is not written to', async () => {
  await write({ 'out/notes.txt': 'mine' })
  const data = { train: dataset(2, [2, 2, 1], ['a', 'b']) }
  expect(await refusal(writeData(data, 'csv', join(root, 'out')))).toBe(
    'ROOT/out: the folder is not empty, expected a folder that does not exist yet, got notes.txt; name another folder',
  )
})

describe('a folder of pictures', () => {
  test('has a folder for each class, whose pictures alternate', async () => {
    const {
      train,
      test: none,
      format,
    } = await openData(
      await write({
        'cat/1.png': png(1, 1, 1, 1),
        'cat/10.png': png(3, 3, 3, 3),
        'cat/2.png': png(2, 2, 2, 2),
        'dog/1.png': png(4, 4, 4, 4),
        'dog/.hidden.png': 'not a picture',
        'notes.txt': 'a',
      }),
    )
    expect({ format, none, classes: train.classNames, labels: [...train.labels] }).toEqual({
      format: 'folder',
      none: undefined,
      classes: ['cat', 'dog'],
      labels: [0, 1, 0, 0],
    })
    expect([...train.images].filter((_, at) => at % 4 === 0)).toEqual([1, 4, 2, 3])
  })

  test('may have train and test above the classes, and other folders above them', async () => {
    const files = Object.entries(FOUR).flatMap(([name, content]) => [
      [`mnist_png/training/${name}`, content],
      [`mnist_png/testing/${name}`, content],
    ])
    const { train, test: other } = await openData(await write(Object.fromEntries(files)))
    expect([train.count, other!.count, train.classNames]).toEqual([2, 2, ['0', '1']])
  })

  test('with a transparent picture, one of another size or one that is damaged is refused', async () => {
    const rgba = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      'base64',
    )
    await write({ ...FOUR, '1/b2.png': rgba })
    expect(await refusal(openData(root))).toContain('ROOT/1/b2.png: a picture')
    await write({ '1/b2.png': encodePng(new Uint8Array(6), [2, 3, 1]) })
    expect(await refusal(openData(root))).toContain(
      'ROOT/1/b2.png: a picture of another size than the first one, expected 2×2, got 3×2; ',
    )
    await write({ '1/b2.png': png(1, 2, 3, 4).slice(0, 40) })
    expect(await refusal(openData(root))).toContain('ROOT/1/b2.png: the PNG file is damaged')
  })

  test('becomes one of three channels when a picture has colours', async () => {
    await write({
      ...FOUR,
      '1/b2.png': encodePng(
        Uint8Array.from({ length: 12 }, (_, i) => i),
        [2, 2, 3],
      ),
    })
    const { train } = await openData(root)
    expect(train.shape).toEqual([2, 2, 3])
    expect([...train.images.subarray(0, 6)]).toEqual([1, 1, 1, 2, 2, 2])
  })
})

describe('an archive of pictures', () => {
  const archive = async (members: Readonly<Record<string, Uint8Array | undefined>>) => {
    const list = async function* () {
      for (const [name, content] of Object.entries(members))
        yield content === undefined ? { name } : { name, content }
    }
    const parts: Uint8Array[] = []
    for await (const part of writeTar(list())) parts.push(part)
    return Buffer.concat(parts)
  }

  test('has the label behind the number, below a folder', async () => {
    const tar = await archive({
      'mnist_png/': undefined,
      'mnist_png/0_7.png': png(1, 2, 3, 4),
      'mnist_png/1_0.png': png(5, 6, 7, 8),
      'mnist_png/readme.md': new Uint8Array(5),
    })
    for (const [name, bytes] of [
      ['train.tar', tar],
      ['train.tar.gz', gzipSync(tar)],
    ] as const) {
      const { train, format } = await openData(join(await write({ [name]: bytes }), name))
      expect({ format, labels: [...train.labels], name: train.name }).toEqual({
        format: 'tar',
        labels: [7, 0],
        name: 'train/train',
      })
      expect([...train.images]).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    }
  })

  test('may have train and test within one file', async () => {
    const tar = await archive({
      'train/7/0.png': png(1, 2, 3, 4),
      'train/1/1.png': png(1, 2, 3, 4),
      'test/7/0.png': png(5, 6, 7, 8),
      'test/1/0.png': png(5, 6, 7, 8),
    })
    const { train, test: other } = await openData(join(await write({ 'a.tar': tar }), 'a.tar'))
    expect([[...train.labels], [...other!.labels]]).toEqual([
      [7, 1],
      [7, 1],
    ])
  })

  test('that is cut off, damaged or has no pictures is refused', async () => {
    const tar = await archive({ '0_7.png': png(1, 2, 3, 4), '1_7.png': png(1, 2, 3, 4) })
    await write({
      'cut.tar': tar.subarray(0, 700),
      'none.tar': await archive({ 'a/': undefined }),
      'cut.tar.gz': gzipSync(tar).subarray(0, 60),
    })
    expect(await refusal(openData(join(root, 'cut.tar')))).toContain(
      'ROOT/cut.tar: a damaged archive (',
    )
    expect(await refusal(openData(join(root, 'none.tar')))).toContain(
      'expected PNG or JPEG files called NUMBER_LABEL.png, or in a folder for each class, got 1 other files and folders; ',
    )
    expect(await refusal(openData(join(root, 'cut.tar.gz')))).toContain(
      'ROOT/cut.tar.gz: corrupt gzip (',
    )
    const damaged = Buffer.from(tar)
    damaged[3] = 1
    await write({ 'damaged.tar': damaged })
    expect(await refusal(openData(join(root, 'damaged.tar')))).toContain(
      'a damaged archive (Invalid tar header checksum.)',
    )
  })
})

describe('a folder of files', () => {
  const CSV = 'label,1x1,1x2\n1,1,2\n0,3,4\n'

  test('has training and test by the names of its files, and skips others', async () => {
    const { train, test: other } = await openData(
      await write({
        'mnist_train.csv': CSV,
        'mnist_test.csv.gz': gzipSync('label,1x1,1x2\n2,1,2\n'),
        'sample_submission.csv': 'a,b\n',
        'README.md': 'a',
      }),
    )
    expect([train.count, other!.count, other!.classNames]).toEqual([2, 1, ['0', '1', '2']])
  })

  test('may have test images without labels', async () => {
    const data = await openData(await write({ 'train.csv': CSV, 'test.csv': '1x1,1x2\n1,2\n' }))
    expect([data.test, data.unlabelled!.count]).toEqual([undefined, 1])
    expect(await refusal(loadDataset(root))).toBe(
      'ROOT: there are no test images, expected training images and test images, got 2 images without a second file; name the folder that holds both, or divide them: mnist data split ROOT --out=DIR',
    )
  })

  test('may have one array in each file, as KMNIST', async () => {
    const array = (shape: number[], ...values: number[]) =>
      zipSync({ 'arr_0.npy': writeNpy(shape, Uint8Array.from(values)) })
    const files = { imgs: array([2, 1, 2], 1, 2, 3, 4), labels: array([2], 1, 0) }
    await write({
      'kmnist-train-imgs.npz': files.imgs,
      'kmnist-train-labels.npz': files.labels,
      'kmnist-test-imgs.npz': files.imgs,
      'kmnist-test-labels.npz': files.labels,
    })
    const { train, test: other } = await openData(root)
    expect([[...train.labels], [...other!.images]]).toEqual([
      [1, 0],
      [1, 2, 3, 4],
    ])
    await rm(join(root, 'kmnist-test-labels.npz'))
    expect(await refusal(openData(root))).toContain(
      'expected archives with the images and the labels of test, got kmnist-test-imgs.npz; ',
    )
    expect(await refusal(openData(join(root, 'kmnist-test-imgs.npz')))).toContain(
      'an archive with one array, arr_0',
    )
  })

  test('of Parquet may have a split in several files, below a folder', async () => {
    const data = { train: dataset(5, [2, 2, 1], ['a', 'b']) }
    await writeData(data, 'parquet', join(root, 'one'))
    const bytes = await readFile(join(root, 'one/train-00000-of-00001.parquet'))
    await rm(join(root, 'one'), { recursive: true })
    await write({
      'mnist/train-00000-of-00002.parquet': bytes,
      'mnist/train-00001-of-00002.parquet': bytes,
      'README.md': 'a',
    })
    const { train } = await openData(root)
    expect([train.count, train.classNames]).toEqual([10, ['a', 'b']])
    await write({ 'mnist/train-00001-of-00002.parquet': bytes.subarray(0, 300) })
    expect(await refusal(openData(root))).toMatch(
      /00001-of-00002.parquet: a damaged Parquet file \(.+\); download/,
    )
  })

  test('takes the names of the classes from a list or a mapping', async () => {
    await write({ 'train.csv': CSV, 'test.csv': CSV, 'classes.txt': 'no\nyes\n' })
    expect((await openData(root)).train.classNames).toEqual(['no', 'yes'])
    expect((await openData(root, { classNames: ['a', 'b', 'c'] })).test!.classNames).toEqual([
      'a',
      'b',
      'c',
    ])
    await write({ 'classes.txt': 'only\nyes\nyes\n' })
    expect(await refusal(openData(root))).toBe(
      'ROOT/classes.txt: expected another name for each class, got "yes" twice; rename one of them',
    )
    await rm(join(root, 'classes.txt'))
    expect(await refusal(openData(root, { classNames: ['a'] }))).toContain(
      'expected 2 or more, because the largest label is 1, got 1; ',
    )
  })
})

describe('EMNIST', () => {
  const idx = (shape: number[], ...values: number[]) =>
    writeIdx({ type: 'uint8', shape, data: Uint8Array.from(values) })
  const files = (name: string, ...labels: number[]) => ({
    [`${name}-train-images-idx3-ubyte`]: idx([2, 1, 2], 1, 2, 3, 4),
    [`${name}-train-labels-idx1-ubyte`]: idx([2], ...labels),
    [`${name}-test-images-idx3-ubyte`]: idx([2, 1, 2], 1, 2, 3, 4),
    [`${name}-test-labels-idx1-ubyte`]: idx([2], ...labels),
  })

  test('has its images turned and its letters from 1 on named by the mapping', async () => {
    await write({
      ...files('emnist-letters', 1, 2),
      'emnist-letters-mapping.txt': '1 65 97\n2 66 98\n',
    })
    const data = await openData(root)
    expect(data).toMatchObject({ firstLabel: 1, transposed: true })
    expect([data.train.shape, data.train.classNames, [...data.train.labels]]).toEqual([
      [2, 1, 1],
      ['Aa', 'Bb'],
      [0, 1],
    ])
    const raw = await openData(root, {
      transpose: false,
      firstLabel: 0,
      classNames: ['-', 'A', 'B'],
    })
    expect([raw.train.shape, [...raw.train.labels]]).toEqual([
      [1, 2, 1],
      [1, 2],
    ])
  })

  test('has other datasets with labels from 0 on', async () => {
    await write({
      ...files('emnist-balanced', 0, 10),
      'emnist-balanced-mapping.txt': `${Array.from({ length: 11 }, (_, at) => `${at} ${at < 10 ? 48 + at : 65}`).join('\n')}\n`,
    })
    const data = await openData(root)
    expect(data).toMatchObject({ firstLabel: 0, transposed: true })
    expect(data.train.classNames.at(-1)).toBe('A')
  })
})

test.each([
  ['nothing', {}, 'ROOT: no dataset in this folder, expected four IDX files'],
  ['two training files', { 'train.csv': '0,1\n', 'a_train.csv': '0,1\n' }, 'ROOT/a_train.csv'],
])('a folder with %s is refused', async (_name, files, expected) => {
  expect(await refusal(openData(await write(files)))).toContain(expected)
})

test.each([
  [
    'an IDX file',
    Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 1),
    'one IDX file, expected a file of CSV, npz, Parquet or tar, or a folder; name the folder that holds the four of them',
  ],
  ['a picture', png(1, 2, 3, 4), 'one picture, '],
  ['a web page', '<!DOCTYPE html><html>', 'a web page, '],
  ['bytes', Uint8Array.of(1, 2, 3, 0, 5), 'a file in an unknown format, '],
])('%s is refused', async (_name, content, expected) => {
  expect(await refusal(openData(join(await write({ a: content }), 'a')))).toContain(expected)
})

test('a path that does not exist is refused', async () => {
  expect(await refusal(openData(join(root, 'none')))).toBe(
    'ROOT/none: no such file or folder; check the path',
  )
})
