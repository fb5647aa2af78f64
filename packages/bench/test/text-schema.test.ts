import { renderHtml } from '@mnist-lab/report'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { benchDocument } from '../src/present/document.js'
import { benchMarkdown, benchTable } from '../src/present/result-table.js'
import { benchChart } from '../src/present/step-chart.js'
import { MAX_TEXT, textSchema } from '../src/protocol/text-schema.js'
import { benchResultSchema } from '../src/results/result-schema.js'
import { benchResult } from './fixtures/results.js'

/** What a terminal obeys, or what changes the direction of a line. */
const UNSAFE = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u

test('text of another program becomes one bounded line, and stays it when it is opened again', () => {
  const anyText = fc.string({
    unit: fc.constantFrom('\u001b', '\u009b', '\n', '\u202e', ' ', 'a', 'é', '–'),
    maxLength: 3 * MAX_TEXT,
  })
  fc.assert(
    fc.property(anyText, (text) => {
      const line = textSchema.parse(text)
      expect(line).not.toMatch(UNSAFE)
      expect(line.length).toBeLessThanOrEqual(MAX_TEXT + 1)
      expect(textSchema.parse(line)).toBe(line)
    }),
  )
  expect(textSchema.parse('  é – ✓ 漢字\nb \u001b[1m\n')).toBe(String.raw`é – ✓ 漢字 b \u{1b}[1m`)
})

test('texts of a saved result reach no table, report or chart with control characters', () => {
  const evil = JSON.parse(
    JSON.stringify(benchResult(), (key, value: unknown) =>
      typeof value === 'string' && !['status', 'schema', 'mode', 'purpose', 'verdict'].includes(key)
        ? `\u001b[2J${value}\u0007`
        : value,
    ),
  ) as unknown
  const parsed = benchResultSchema.safeParse(evil)
  if (!parsed.success) throw parsed.error
  const result = parsed.data
  const table = benchTable(result)
  expect(table).toContain(String.raw`\u{1b}[2J`)
  const page = renderHtml(benchDocument([{ name: '\u001b]0;x\u0007', result }]))
  for (const text of [table, benchMarkdown(result), benchChart(result), page])
    expect(text.replaceAll('\n', '')).not.toMatch(UNSAFE)
})
