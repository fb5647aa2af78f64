import fc from 'fast-check'
import stringWidth from 'string-width'
import { describe, expect, test } from 'vitest'
import { renderMarkdownTable, renderTable } from '../src/index.js'

const columns = [{ header: 'name' }, { header: 'n', align: 'right' as const }, { header: 'note' }]

describe('renderTable', () => {
  test('aligns names left and numbers right', () => {
    expect(
      renderTable(columns, [
        ['a', '1', 'x'],
        ['longer', '100', ''],
      ]),
    ).toBe(['name      n  note', '──────  ───  ────', 'a         1  x', 'longer  100'].join('\n'))
  })

  test('counts terminal columns, not code units', () => {
    const lines = renderTable(columns, [
      ['中文', '1', 'x'],
      ['é', '22', 'x'],
    ])
      .split('\n')
      .slice(2)
    expect(lines.map((line) => stringWidth(line))).toEqual([
      stringWidth(lines[0]!),
      stringWidth(lines[0]!),
    ])
  })

  test('lets the last cell of a short row run on without widening its column', () => {
    const text = renderTable(columns, [
      ['a', '1', 'x'],
      ['b', 'a reason much longer than any number'],
    ])
    expect(text.split('\n')[2]).toBe('a     1  x')
    expect(text.split('\n')[3]).toBe('b     a reason much longer than any number')
  })

  test('is broken into tables that fit the terminal, each with the names of the rows', () => {
    const wide = [...columns, { header: 'more' }]
    const rows = [
      ['a', '1', 'x', 'yes'],
      ['b', 'a reason'],
      ['c', '2', 'y', 'no'],
    ]
    expect(renderTable(wide, rows, { width: 13 })).toBe(
      [
        'name  n  note',
        '────  ─  ────',
        'a     1  x',
        'b     a reason',
        'c     2  y',
        '',
        'name  more',
        '────  ────',
        'a     yes',
        'c     no',
      ].join('\n'),
    )
    expect(renderTable(wide, rows, { width: 19 })).toBe(renderTable(wide, rows))
    expect(renderTable(wide, rows, { width: 13, keys: 2 })).toContain('name  n  more')
  })

  test('has every cell once, and no line wider than the terminal, whatever its size', () => {
    const width = 20
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 1, max: 2 }),
        (sizes, keys) => {
          const headers = sizes.map((size, at) => `${at}`.padEnd(size, '.'))
          const text = renderTable(
            headers.map((header) => ({ header })),
            [headers],
            { width, keys },
          )
          for (const line of text.split('\n')) expect(stringWidth(line)).toBeLessThanOrEqual(width)
          const words = text.split(/\s+/)
          for (const header of headers.slice(keys))
            expect(words.filter((word) => word === header)).toHaveLength(2)
        },
      ),
    )
  })

  test('starts a column at the same place in every row', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', 'é', '中', '±'), maxLength: 6 })
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { maxLength: 8 }), (rows) => {
        const lines = renderTable(
          columns,
          rows.map(([a, b]) => [a, b, '|']),
        )
          .split('\n')
          .slice(2)
        const ends = lines.map((line) => stringWidth(line))
        expect(new Set(ends).size).toBeLessThanOrEqual(1)
      }),
    )
  })
})

describe('renderMarkdownTable', () => {
  test('escapes what would end a cell and fills short rows', () => {
    expect(renderMarkdownTable(columns, [['a|b', 'why\nso']])).toBe(
      ['| name | n | note |', '| --- | ---: | --- |', '| a\\|b | why so |  |'].join('\n'),
    )
  })
})
