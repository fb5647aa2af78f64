import { printable } from '@mnist-lab/core'
import stringWidth from 'string-width'
import { escapeMarkdown } from './escape.js'

/** A column of a table. */
export interface Column {
  readonly header: string
  /** Numbers are aligned right. @default 'left' */
  readonly align?: 'left' | 'right'
}

/** One cell per column. In a row with fewer cells, the last cell spans the remaining columns. */
export type Row = readonly string[]

const GAP = '  '

/**
 * Prints a table as plain text: a header, a rule and the rows. No line ends in a space, and the
 * text does not end in a newline. Widths are counted in columns of a terminal, so that `é` and `中`
 * line up. Control characters are shown as numbers.
 */
export function renderTable(columns: readonly Column[], cells: readonly Row[]): string {
  const headers = columns.map(({ header }) => printable(header))
  const rows = cells.map((row) => row.map((text) => printable(text)))
  const widths = headers.map((header, at) =>
    Math.max(
      stringWidth(header),
      ...rows.map((row) => (runsOn(row, at, columns) ? 0 : stringWidth(row[at] ?? ''))),
    ),
  )
  const line = (row: Row) =>
    row
      .map((text, at) =>
        runsOn(row, at, columns) ? text : pad(text, widths[at]!, columns[at]?.align),
      )
      .join(GAP)
      .trimEnd()
  const rule = widths.map((width) => '─'.repeat(width)).join(GAP)
  return [line(headers), rule, ...rows.map(line)].join('\n')
}

/** Prints a table as GitHub-flavoured Markdown. */
export function renderMarkdownTable(columns: readonly Column[], rows: readonly Row[]): string {
  return markdownTable(
    columns,
    rows.map((row) => row.map(escapeMarkdown)),
  )
}

/** Prints a Markdown table of cells that have been escaped. */
export function markdownTable(columns: readonly Column[], rows: readonly Row[]): string {
  const line = (row: Row) => `| ${columns.map((_, at) => row[at] ?? '').join(' | ')} |`
  const headers = columns.map(({ header }) => escapeMarkdown(header))
  const rule = `|${columns.map(({ align }) => (align === 'right' ? ' ---: ' : ' --- ')).join('|')}|`
  return [line(headers), rule, ...rows.map(line)].join('\n')
}

function runsOn(row: Row, at: number, columns: readonly Column[]): boolean {
  return at === row.length - 1 && row.length < columns.length
}

function pad(text: string, width: number, align: Column['align']): string {
  const space = ' '.repeat(Math.max(0, width - stringWidth(text)))
  return align === 'right' ? space + text : text + space
}
