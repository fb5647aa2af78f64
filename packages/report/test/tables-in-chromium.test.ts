// No column of a table is cut, on a screen and on paper.
import { describe, expect, test } from 'vitest'
import { renderHtml, table } from '../src/index.js'
import { seeTables, skipTables } from './fixtures/tables-in-chromium.js'

const columns = (count: number) =>
  Array.from({ length: count }, (_, at) => ({
    header: `name of ${at}`,
    ...(at % 2 === 0 ? {} : { align: 'right' as const }),
  }))
const rows = (count: number, cell: string) => [Array.from({ length: count }, () => cell)]
const page = (...tables: Parameters<typeof table>[]) =>
  renderHtml({ title: 'Tables', blocks: tables.map((each) => table(...each)) })

describe.skipIf(skipTables)('the tables of a page (no Chromium found: set CHROMIUM_PATH)', () => {
  test('are whole in every window, and on A4', async () => {
    const seen = await seeTables(
      page(
        [columns(3), rows(3, '0.12345')],
        [columns(14), rows(14, '0.94 ± 0.01'), 'A caption.'],
        [[{ header: 'what' }, { header: 'why' }], [['a sentence', 'of many words '.repeat(40)]]],
        [columns(9), [['fused', 'it failed '.repeat(60)]]],
      ),
    )
    expect(seen.flatMap(({ cut }) => cut)).toEqual([])
    expect(seen.map(({ width, tables }) => [width, tables])).toEqual(
      [320, 390, 768, 1280, 210].map((width) => [width, 4]),
    )
  })

  test('are whole on paper that is as wide as they are, if A4 is too small', async () => {
    for (const html of [
      page([columns(60), rows(60, '0.94 ± 0.01')]),
      page([columns(8), rows(8, 'unbreakable'.repeat(9))]),
    ]) {
      const seen = await seeTables(html)
      expect(seen.flatMap(({ cut }) => cut)).toEqual([])
      expect(seen.at(-1)!.width).toBeGreaterThan(210)
    }
  })
})
