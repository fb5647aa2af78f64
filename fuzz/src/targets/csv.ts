import { labelledData, readCsv, writeCsv } from '@mnist-lab/data'
import { checkSame } from '../json-input.js'
import type { Target } from '../target.js'

const text = (content: string) => new TextEncoder().encode(content)

/** CSV files of images, and the classes of their labels. */
export const target: Target = {
  what: 'CSV files of images and labels',
  format: 'bytes',
  seeds: () => [
    text('7,0,1,2,255\n0,9,8,7,6\n'),
    text('label,1x1,1x2\n1,2,3\n'),
    text('label,pixel0,pixel1,pixel2,pixel3\r\n"a",1,2,3,4\r\n'),
    text('pixel1;pixel2;pixel3;pixel4;class\n1;2;3;4.0;5\n\n'),
    text('pixel0\tpixel1\tpixel2\tpixel3\n1\t2\t3\t4\n'),
  ],
  words: [
    'label',
    'class',
    'pixel0',
    '1x1',
    '1x2',
    '"',
    ',',
    ';',
    '\t',
    '\r\n',
    '\uFEFF',
    '1e2',
    '.0',
  ],
  maxBytes: 2048,
  async run(bytes) {
    const set = await readCsv([bytes.subarray(0, 10), bytes.subarray(10)], 'input')
    const { train } = labelledData('input', { train: set })
    const parts = writeCsv('input', train, train.labels)
    const again = await readCsv(parts, 'input')
    checkSame(again.images, train.images)
    return again
  },
}
