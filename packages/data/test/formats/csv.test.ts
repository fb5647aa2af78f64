import { isInputError } from '@mnist-lab/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MAX_LINE_BYTES, readCsv, writeCsv } from '../../src/formats/csv.js'

const encode = (text: string) => new TextEncoder().encode(text)
const read = (text: string) => readCsv([encode(text)], 'a.csv')
const pixels = (count: number, name: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => name(at)).join(',')

async function refusal(text: string | readonly Uint8Array[]): Promise<string> {
  const parts = typeof text === 'string' ? [encode(text)] : text
  try {
    await readCsv(parts, 'a.csv')
  } catch (error) {
    if (isInputError(error)) return error.message
    throw error
  }
  throw new Error('it was read')
}

const ROWS = '5,0,1,2,255\n0,9,8,7,6\n'

describe.each([
  ['a label and pixels without a header', ''],
  ['pixels from 0', `label,${pixels(4, (at) => `pixel${at}`)}\n`],
  ['pixels from 1', `label,${pixels(4, (at) => `pixel${at + 1}`)}\n`],
  ['rows and columns', 'label,1x1,1x2,2x1,2x2\n'],
  ['quoted names and a mark at the beginning', '\uFEFF"label","1x1","1x2","2x1","2x2"\n'],
])('%s', (_name, header) => {
  test('are read as images of 2×2 with labels', async () => {
    const { images, labels, ...set } = await read(header + ROWS)
    expect(set).toEqual({ name: 'a.csv', count: 2, shape: [2, 2, 1] })
    expect([...images]).toEqual([0, 1, 2, 255, 9, 8, 7, 6])
    expect({ ...labels, ids: [...labels!.ids] }).toEqual({ texts: ['5', '0'], ids: [0, 1] })
  })

  test('are the same with other ends of lines, separators and blanks, and in parts of any length', async () => {
    const text = header + ROWS
    const expected = await read(text)
    const others = [
      text.replaceAll('\n', '\r\n'),
      text.replaceAll(',', ';'),
      text.replaceAll(',', '\t'),
      text.replaceAll(',', ', '),
      text.slice(0, -1),
      `${text}\n\n`,
      `\n\r\n${text}`,
      text.replace('9,8', '"9","8"').replace('255', '255.0'),
    ]
    for (const other of others) expect(await read(other)).toEqual(expected)
    const bytes = encode(text)
    for (const step of [1, 2, 7]) {
      const parts = Array.from({ length: Math.ceil(bytes.length / step) }, (_, at) =>
        bytes.slice(at * step, (at + 1) * step),
      )
      expect(await readCsv(parts, 'a.csv')).toEqual(expected)
    }
  })
})

test('a header without labels gives images without labels', async () => {
  const { labels, count } = await read(`${pixels(4, (at) => `pixel${at}`)}\n1,2,3,4\n`)
  expect({ labels, count }).toEqual({ labels: undefined, count: 1 })
})

test('the column of labels may be the last one, and labels may be names', async () => {
  const { labels, images } = await read('pixel1,pixel2,pixel3,pixel4,class\n1,2,3,4,T-shirt/top\n')
  expect(labels!.texts).toEqual(['T-shirt/top'])
  expect([...images]).toEqual([1, 2, 3, 4])
})

test('names of rows and columns give images that are not square', async () => {
  expect((await read('label,1x1,1x2,1x3,2x1,2x2,2x3\n0,1,2,3,4,5,6\n')).shape).toEqual([2, 3, 1])
})

test('what is written is read back', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.nat(65_534), { minLength: 1, maxLength: 4 }),
      fc.infiniteStream(fc.nat(255)),
      async (height, width, classes, values) => {
        const count = classes.length
        const images = Uint8Array.from(
          { length: count * height * width },
          () => values.next().value!,
        )
        const shape = [height, width, 1] as const
        const set = await readCsv(writeCsv('a', { images, count, shape }, classes), 'a')
        expect(set.images).toEqual(images)
        expect(set.shape).toEqual(shape)
        const { texts, ids } = set.labels!
        expect(Array.from(ids, (id) => Number(texts[id]))).toEqual(classes)
      },
    ),
  )
})

test.each([
  [
    'a row that is cut off',
    '5,0,1,2,255\n0,9,8',
    'a.csv, line 2: another number of fields than the first line, expected 5, got 3; ',
  ],
  [
    'a row with a field too many',
    '5,0,1,2,3\n0,9,8,7,6,5\n',
    'line 2: another number of fields than the first line, expected 5, got more than 5; ',
  ],
  [
    'a pixel above 255',
    '5,0,1,2,255\n0,9,8,7,256\n',
    'a.csv, line 2: field 5, expected a whole number from 0 to 255, got "256"; ',
  ],
  [
    'a pixel below 0',
    '5,0,-1,2,255\n',
    'line 1: field 3, expected a whole number from 0 to 255, got "-1"; ',
  ],
  [
    'a normalised pixel',
    '5,0,0.5,2,255\n',
    'got "0.5"; store the pixels before they are normalised',
  ],
  [
    'a missing pixel',
    'label,1x1,1x2\n5,,1\n',
    'line 2: field 2, expected a whole number from 0 to 255, got ""; ',
  ],
  ['a missing label', 'label,1x1,1x2\n,1,1\n', 'a.csv, line 2: there is no label; correct the row'],
  [
    'an index before the label',
    ',label,pixel0\n0,1,2\n',
    'line 1: the column names, expected label, and pixel0',
  ],
  [
    'a table of something else',
    'name,age\nAda,36\n',
    'expected label, and pixel0, pixel1, … or 1x1, 1x2, … in their order, got "name"; ',
  ],
  ['pixels out of order', 'label,pixel0,pixel2,pixel1,pixel3\n', 'got "pixel2"; '],
  [
    'rows that are not square',
    '1,2,3,4\n',
    'expected a label and the pixels of a square image in each row, such as 785 fields, got 4; ',
  ],
  ['a header without rows', 'label,1x1,1x2\n', 'a.csv: expected one image or more, got none; '],
  ['an empty file', '', 'a.csv: an empty file, expected a row for each image; '],
  [
    'two columns of labels',
    'label,class,pixel0\n',
    'expected one column of labels, got label and class; ',
  ],
])('%s is refused in one line', async (_name, text, expected) => {
  const message = await refusal(text)
  expect(message).toContain(expected)
  expect(message).not.toContain('\n')
})

test('a file without an end of a line is not collected for ever', async () => {
  const part = encode('1,'.repeat(2 ** 19))
  const message = await refusal(Array.from({ length: 20 }, () => part))
  expect(message).toContain(
    `a line is too long, expected at most ${MAX_LINE_BYTES} bytes, got more`,
  )
})
