import { expect, test } from 'vitest'
import { duration, statusLine } from '../src/index.js'

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
  line.show('a\u001b[2J')
  expect(text).toBe(String.raw`${'\r\u001b[K'}a\u{1b}`)
  text = ''
  const none = statusLine({ write })
  none.show('0123456789')
  none.clear()
  expect(text).toBe('')
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
