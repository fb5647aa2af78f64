import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decimal, duration, statusLine, wholeNumber } from '@mnist-lab/terminal'
import { progressText } from '../src/training/progress-text.js'

test('whole numbers are digits within their range, and nothing else', () => {
  const parse = wholeNumber('--n', 3, 900)
  fc.assert(
    fc.property(fc.integer({ min: 3, max: 900 }), (n) => {
      expect(parse(String(n))).toBe(n)
    }),
  )
  for (const text of ['2', '901', '', ' 5', '5.0', '1e2', '-4', '0x10', '５'])
    expect(() => parse(text), text).toThrow(/^--n: expected a whole/)
})

test('decimals keep to their limits', () => {
  const parse = decimal('--x', { min: 0, max: 1, aboveMin: true, belowMax: true })
  fc.assert(
    fc.property(fc.double({ min: 1e-300, max: 1, maxExcluded: true, noNaN: true }), (x) => {
      expect(parse(String(x))).toBe(x)
    }),
  )
  for (const text of ['.5', '5e-1', '0.50']) expect(parse(text)).toBe(0.5)
  for (const text of ['0', '1', '', '.', 'NaN', 'Infinity', '-0.5', '0,5', ' .5'])
    expect(() => parse(text), text).toThrow(/^--x: expected/)
  expect(decimal('--x', { min: 0, max: 1 })('1')).toBe(1)
})

test('a status line is rewritten on a terminal, within its width, and not written on a pipe', () => {
  let text = ''
  const write = (part: string) => {
    text += part
  }
  const line = statusLine({ isTTY: true, columns: 8, write })
  line.show('0123456789')
  line.clear()
  expect(text).toBe('\r\u001b[K0123456\r\u001b[K')
  text = ''
  statusLine({ isTTY: true, columns: 0, write }).show('0123456789')
  expect(text).toContain('0123456789')
  text = ''
  const none = statusLine({ write })
  none.show('0123456789')
  none.clear()
  expect(text).toBe('')
})

test('progress tells the mean of the epoch so far and the time that is left, without the time between epochs', () => {
  let clock = 0
  const progress = progressText(2, () => clock)
  const step = (epoch: number, at: number, loss: number, correct: number) => {
    clock += 100
    progress.add({
      type: 'step',
      epoch,
      step: at,
      stepsPerEpoch: 4,
      loss,
      correct,
      size: 10,
      learningRate: 0.1,
    })
  }
  step(1, 1, 3, 2)
  step(1, 2, 1, 4)
  expect(progress.line(false)).toBe(
    'epoch 1/2  2/4  loss 2.0000  acc 0.3000  100 ms/step  1 s left',
  )
  expect(progress.line(true)).toContain('  ██████████░░░░░░░░░░  ')
  clock += 50_000
  progress.mark()
  step(2, 1, 5, 9)
  expect(progress.line(false)).toBe(
    'epoch 2/2  1/4  loss 5.0000  acc 0.9000  100 ms/step  0 s left',
  )
})

test('durations are in two units at most', () => {
  expect([0, 59_400, 60_000, 200_000, 3_599_000, 7_500_000].map(duration)).toEqual([
    '0 s',
    '59 s',
    '1 min 0 s',
    '3 min 20 s',
    '59 min 59 s',
    '2 h 5 min',
  ])
})
