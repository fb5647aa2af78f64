import { classificationReport, confusionCounts, confusionMatrix } from '@mnist-lab/metrics'
import { describe, expect, test } from 'vitest'
import {
  classificationTable,
  confusionTable,
  epochHeader,
  epochRow,
  epochTable,
  frequentMistakes,
  MAX_SHOWN_CLASSES,
  probabilityBars,
  SHOWN_MISTAKES,
} from '../src/index.js'
import { difference, significant } from '../src/numbers.js'
import { epochs } from './fixtures/epochs.js'

const matrix = confusionMatrix([0, 0, 1], [0, 1, 1], 2)

test('three significant digits, thousands grouped', () => {
  expect([0, 0.01234, 0.9999, 22.14, 999.4, 999.6, 14545.4, 0.00001234].map(significant)).toEqual([
    '0',
    '0.0123',
    '1.00',
    '22.1',
    '999',
    '1,000',
    '14,545',
    '1.2e-5',
  ])
  expect([0, 1.23e-7].map(difference)).toEqual(['0', '1.2e-7'])
})

describe("an epoch's row", () => {
  test('is as wide as the header, so that rows can be printed one by one', () => {
    const width = epochHeader().split('\n')[0]!.length
    for (const figures of epochs) expect(epochRow(figures)).toHaveLength(width)
    expect(epochTable(epochs)).toBe(
      [epochHeader(), ...epochs.map((figures) => epochRow(figures))].join('\n'),
    )
  })

  test('has dashes where there was no validation', () => {
    expect(epochRow(epochs[0]!).trim().split(/ +/)).toEqual([
      '1',
      '0.5000',
      '0.8000',
      '0.3000',
      '0.9000',
      '0.0100',
      '12.3',
      '1.00',
    ])
    expect(epochRow(epochs[1]!).trim().split(/ +/).slice(3, 5)).toEqual(['–', '–'])
  })

  test('shows the loss as a sum of batch means with that option', () => {
    expect(epochRow(epochs[0]!, { reduction: 'batchLossPerSample' })).toContain(
      (0.5 / 32).toFixed(5),
    )
  })
})

test('confusionTable shows mistakes and hides zeros', () => {
  expect(confusionTable(matrix, ['cat', 'dog']).split('\n').slice(2)).toEqual([
    'cat                 1    1',
    'dog                 ·    1',
  ])
})

test('classificationTable ends in accuracy and averages', () => {
  const lines = classificationTable(classificationReport([0, 0, 1], [0, 1, 1], 2), [
    'cat',
    'dog',
  ]).split('\n')
  expect(lines).toHaveLength(7)
  expect(lines[2]!.split(/ +/)).toEqual(['cat', '1.0000', '0.5000', '0.6667', '2'])
  expect(lines[4]).toMatch(/^accuracy +0\.6667 +3$/)
})

test('classificationTable shows the first 64 of more classes, and says how many more there are', () => {
  const report = classificationReport([0, 299], [0, 0], 300)
  const lines = classificationTable(report, ['cat']).split('\n')
  expect(lines).toHaveLength(2 + MAX_SHOWN_CLASSES + 4)
  expect(lines[2]).toMatch(/^cat /)
  expect(lines[3]).toMatch(/^1 /)
  expect(lines.at(-4)).toBe('… and 236 more classes')
})

test('frequentMistakes leaves out right predictions, and says how many pairs it cuts off', () => {
  const labels = Array.from({ length: 100 }, (_, i) => i)
  const { rows } = frequentMistakes(
    confusionCounts([...labels, 7, 7, 3], [...labels.map((i) => i >> 1), 8, 8, 3]),
    ['a', 'b'],
  )
  expect(rows.slice(0, 2)).toEqual([
    ['7', '8', '2'],
    ['b', 'a', '1'],
  ])
  expect(rows).toHaveLength(SHOWN_MISTAKES + 1)
  expect(rows.at(-1)).toEqual(['… and 80 other pairs of classes'])
})

describe('probabilityBars', () => {
  test('shows the most probable of too many classes, and the sum of the others', () => {
    const probabilities = new Float32Array(300).fill(0.5 / 299)
    probabilities[299] = 0.5
    const lines = probabilityBars(
      probabilities,
      Array.from(probabilities, (_, at) => String(at)),
    ).split('\n')
    expect(lines).toHaveLength(11)
    expect(lines[0]).toMatch(/^299 █+ +50\.0%$/)
    expect(lines[1]).toMatch(/^0 /)
    expect(lines.at(-1)).toBe('… and 290 more classes, 48.5% together')
  })

  test('draws a line for each class, exact to an eighth of a column', () => {
    expect(probabilityBars([0.5, 0.0625, 1], ['a', 'bb', '3'], { width: 4 })).toBe(
      ['a  ██    50.0%', 'bb ▎      6.3%', '3  ████ 100.0%'].join('\n'),
    )
  })

  test('keeps a bar within its width if rounding lifted the probability above 1', () => {
    expect(probabilityBars([1.0000001], ['a'], { width: 2 })).toBe('a ██ 100.0%')
  })
})
