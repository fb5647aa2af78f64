import fc from 'fast-check'
import { expect, test } from 'vitest'
import { printable, textSchema } from '../src/protocol/printable.js'
import { benchTable } from '../src/present/result-table.js'
import { benchResultSchema } from '../src/results/result-schema.js'
import { benchResult } from './fixtures/results.js'

/** What a terminal obeys, or what changes the direction of a line. */
const UNSAFE = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u

test('text of another program becomes one bounded line without control characters', () => {
  const anyText = fc.string({
    unit: fc.constantFrom('\u001b', '\u009b', '\n', '\u202e', 'a', 'é', '–'),
  })
  fc.assert(
    fc.property(anyText, fc.integer({ min: 1, max: 20 }), (text, longest) => {
      const line = printable(text, longest)
      expect(line).not.toMatch(UNSAFE)
      expect(line.length).toBeLessThanOrEqual(longest + 1)
      expect(printable(line, longest + 1)).toBe(line.trim())
      expect(textSchema.parse(text)).not.toMatch(UNSAFE)
    }),
  )
  expect(printable('é – ✓ 漢字')).toBe('é – ✓ 漢字')
})

test('texts of a saved result reach the terminal without control characters', () => {
  const plain = benchResult()
  const evil = JSON.parse(
    JSON.stringify(plain, (key, value: unknown) =>
      ['reason', 'hint', 'device', 'simd', 'cpu', 'os', 'backend', 'baseline'].includes(key)
        ? `\u001b[2J${String(value)}\u0007`
        : value,
    ),
  ) as unknown
  const text = benchTable(benchResultSchema.parse(evil))
  expect(text.replaceAll('\n', '')).not.toMatch(UNSAFE)
  expect(text).toContain('[2J')
})
