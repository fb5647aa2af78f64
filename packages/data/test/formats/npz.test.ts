import { isInputError } from '@mnist-lab/core'
import { strToU8, zipSync, type Zippable } from 'fflate'
import { describe, expect, test } from 'vitest'
import { readNpy, writeNpy } from '../../src/formats/npy.js'
import { readNpz, writeNpz } from '../../src/formats/npz.js'

/** An array as NumPy saves it, with any header. */
function npy(header: string, elements: Uint8Array, version = 1): Uint8Array {
  const text = `${header}\n`
  const length =
    version === 1
      ? [text.length & 255, text.length >> 8]
      : [text.length & 255, text.length >> 8, 0, 0]
  return Uint8Array.of(
    0x93,
    ...strToU8('NUMPY'),
    version,
    0,
    ...length,
    ...strToU8(text),
    ...elements,
  )
}
const header = (descr: string, shape: string, order = 'False') =>
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${shape}), }`
const bytesOf = (array: { readonly buffer: ArrayBufferLike }) => new Uint8Array(array.buffer)

async function refusal(read: () => unknown): Promise<string> {
  try {
    await read()
  } catch (error) {
    if (isInputError(error)) return error.message
    throw error
  }
  throw new Error('it was read')
}

describe('an array of NumPy', () => {
  test.each([
    ['|u1', Uint8Array.of(1, 2), 'uint8'],
    ['|b1', Uint8Array.of(1, 0), 'uint8'],
    ['|i1', Int8Array.of(-1, 2), 'int8'],
    ['<i2', Int16Array.of(-1, 300), 'int16'],
    ['<u2', Uint16Array.of(1, 65_535), 'int32'],
    ['<i4', Int32Array.of(-1, 70_000), 'int32'],
    ['<u4', Uint32Array.of(1, 70_000), 'int32'],
    ['<i8', BigInt64Array.of(-1n, 70_000n), 'int32'],
    ['<u8', BigUint64Array.of(1n, 70_000n), 'int32'],
    ['<f4', Float32Array.of(0.5, 1), 'float32'],
    ['<f8', Float64Array.of(0.1, 1), 'float64'],
  ] as const)('of %s is read as numbers', (descr, values, type) => {
    const array = readNpy(npy(header(descr, '2,'), bytesOf(values)), 'a.npy')
    expect(array).toMatchObject({ type, shape: [2] })
    expect(Array.from(array.data)).toEqual(Array.from<number | bigint>(values).map(Number))
  })

  test('may be big-endian, and of version 2', () => {
    expect([
      ...readNpy(npy(header('>i4', '2,'), Uint8Array.of(0, 0, 0, 7, 0, 0, 1, 0)), 'a').data,
    ]).toEqual([7, 256])
    expect([...readNpy(npy(header('|u1', '1, 2'), Uint8Array.of(3, 4), 2), 'a').data]).toEqual([
      3, 4,
    ])
  })

  test('is written as NumPy reads it: aligned to 64 bytes', () => {
    const bytes = writeNpy([2, 3], Uint8Array.of(1, 2, 3, 4, 5, 6))
    expect((bytes.length - 6) % 64).toBe(0)
    expect(readNpy(bytes, 'a')).toEqual({
      type: 'uint8',
      shape: [2, 3],
      data: Uint8Array.of(1, 2, 3, 4, 5, 6),
    })
  })

  test.each([
    [
      'another signature',
      strToU8('NUMPY and more'),
      'not an array of NumPy, expected the signature',
    ],
    [
      'text as elements',
      npy(header('<U5', '2,'), new Uint8Array(40)),
      "the type of the elements, expected whole numbers, or floats of 32 or 64 bits, got '<U5'; ",
    ],
    ['objects, which are programs', npy(header('|O', '2,'), new Uint8Array(16)), "got '|O'; "],
    [
      'the order of Fortran',
      npy(header('|u1', '2, 2', 'True'), new Uint8Array(4)),
      'save numpy.ascontiguousarray(x)',
    ],
    [
      'a shape that promises more',
      npy(header('|u1', '60000, 28, 28'), new Uint8Array(4)),
      'the header declares u1 [60000, 28, 28], expected 47040000 bytes, got 4; ',
    ],
    [
      'a shape beyond all numbers',
      npy(header('|u1', '99999999999, 99999999999'), new Uint8Array(4)),
      'the shape, expected one to eight dimensions',
    ],
    [
      'a number beyond 32 bits',
      npy(header('<i8', '1,'), bytesOf(BigInt64Array.of(2n ** 40n))),
      'element 0, expected a number of 32 bits, got 1099511627776; ',
    ],
    [
      'a header that is cut off',
      npy(header('|u1', '2,'), new Uint8Array()).slice(0, 20),
      'the header, expected at most 10000 bytes',
    ],
  ])('with %s is refused', async (_name, bytes, expected) => {
    expect(await refusal(() => readNpy(bytes, 'a.npy'))).toContain(expected)
  })
})

const IMAGES = npy(header('|u1', '2, 2, 2'), Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8))
const LABELS = npy(header('<i8', '2,'), bytesOf(BigInt64Array.of(7n, 0n)))
const zip = (files: Zippable) => zipSync(files)

describe('an archive of NumPy', () => {
  test.each([0, 6] as const)('with the names of Keras is read, at level %d', async (level) => {
    const members = {
      'x_train.npy': IMAGES,
      'y_train.npy': LABELS,
      'x_test.npy': IMAGES,
      'y_test.npy': LABELS,
    }
    const { train, test: other } = await readNpz(zipSync(members, { level }), 'mnist.npz')
    for (const set of [train!, other!]) {
      expect(set).toMatchObject({ count: 2, shape: [2, 2, 1] })
      expect([...set.images]).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
      expect(Array.from(set.labels!.ids, (id) => set.labels!.texts[id])).toEqual(['7', '0'])
    }
  })

  test.each([
    [
      ['train_images', 'train_labels', 'test_images', 'test_labels', 'val_images', 'val_labels'],
      ['train', 'test'],
    ],
    [['images', 'labels'], ['train']],
    [['X', 'y'], ['train']],
  ])('with the names %j is read', async (names, splits) => {
    const members = names.map((name) => [`${name}.npy`, /lab|y/.test(name) ? LABELS : IMAGES])
    expect(Object.keys(await readNpz(zip(Object.fromEntries(members)), 'a.npz'))).toEqual(splits)
  })

  test('with one array without a name has that one', async () => {
    const { single } = await readNpz(zip({ 'arr_0.npy': LABELS }), 'kmnist-train-labels.npz')
    expect(single).toMatchObject({ shape: [2] })
  })

  test('is written as it is read', async () => {
    const images = Uint8Array.from({ length: 12 }, (_, at) => at)
    const set = { images, count: 1, shape: [2, 2, 3] as const, classes: [300] }
    const { train } = await readNpz(await writeNpz({ train: set }), 'a.npz')
    expect(train).toMatchObject({ images, shape: [2, 2, 3], labels: { texts: ['300'] } })
  })

  test.each([
    [
      'other names',
      zip({ 'weights.npy': LABELS }),
      'a.npz: expected arrays called x_train, y_train, x_test and y_test, got weights; ',
    ],
    [
      'images without labels',
      zip({ 'x_train.npy': IMAGES }),
      'expected arrays with the images and the labels of train, got x_train; ',
    ],
    [
      'fewer labels',
      zip({ 'x_train.npy': IMAGES, 'y_train.npy': npy(header('|u1', '1,'), Uint8Array.of(0)) }),
      'expected 2 labels, one for each image, got 1; ',
    ],
    [
      'two arrays for one part',
      zip({ 'x_train.npy': IMAGES, 'train_images.npy': IMAGES, 'y_train.npy': LABELS }),
      'expected one array with the train images, got x_train and train_images; ',
    ],
    ['no arrays', zip({ 'a.txt': strToU8('a') }), 'got none; '],
    ['a cut-off end', zip({ 'x_train.npy': IMAGES }).slice(0, -30), 'a damaged archive ('],
  ])('with %s is refused', async (_name, bytes, expected) => {
    expect(await refusal(() => readNpz(bytes, 'a.npz'))).toContain(expected)
  })

  test('that states gigabytes is refused before memory is taken', async () => {
    const bytes = zip({ 'x_train.npy': IMAGES })
    const directory = bytes.findLastIndex(
      (byte, at) => byte === 0x50 && bytes[at + 1] === 0x4b && bytes[at + 2] === 1,
    )
    new DataView(bytes.buffer).setUint32(directory + 24, 0xfffffff0, true)
    expect(await refusal(() => readNpz(bytes, 'a.npz'))).toMatch(
      /too large, expected arrays of at most \d+ bytes, got 4294967280/,
    )
  })
})
