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

/** The layout of a table in plain text. */
export interface TextLayout {
  /** The columns of the terminal. @default no limit */
  readonly width?: number
  /** The number of leading columns that name a row. @default 1 */
  readonly keys?: number
}

/**
 * Prints a table as plain text: a header, a rule and the rows. No line ends in a space, and the
 * text does not end in a newline. Widths are counted in columns of a terminal, so that `é` and `中`
 * line up. Control characters are shown as numbers.
 *
 * A table that is wider than the layout becomes several tables below each other, so that a terminal
 * does not break its lines. Each of them begins with the columns that name a row. A row with fewer
 * cells than columns stands in the first one only.
 */
export function renderTable(
  heads: readonly Column[],
  cells: readonly Row[],
  { width = Infinity, keys = 1 }: TextLayout = {},
): string {
  const columns = heads.map((head) => ({ ...head, header: printable(head.header) }))
  const rows = cells.map((row) => row.map((text) => printable(text)))
  const widths = columns.map(({ header }, at) =>
    Math.max(
      stringWidth(header),
      ...rows.map((row) => (runsOn(row, at, columns) ? 0 : stringWidth(row[at] ?? ''))),
    ),
  )
  return columnsOfParts(widths, width, keys)
    .map((part, at) => {
      const whole = rows.filter((row) => row.length === columns.length)
      return renderPart(columns, at === 0 ? rows : whole, widths, part)
    })
    .join('\n\n')
}

/** Returns the columns of each part of a table, as many as fit. */
function columnsOfParts(
  widths: readonly number[],
  most: number,
  keys: number,
): readonly (readonly number[])[] {
  const total = (part: readonly number[]) =>
    part.reduce((sum, at) => sum + widths[at]! + GAP.length, -GAP.length)
  const names = Array.from(widths.keys()).slice(0, keys)
  const parts: number[][] = [[...names]]
  for (let at = keys; at < widths.length; at++) {
    const part = parts.at(-1)!
    if (part.length === names.length || total([...part, at]) <= most) part.push(at)
    else parts.push([...names, at])
  }
  return parts
}

function renderPart(
  columns: readonly Column[],
  rows: readonly Row[],
  widths: readonly number[],
  part: readonly number[],
): string {
  const line = (row: Row) =>
    part
      .filter((at) => at < row.length)
      .map((at) =>
        runsOn(row, at, columns) ? row[at]! : pad(row[at]!, widths[at]!, columns[at]?.align),
      )
      .join(GAP)
      .trimEnd()
  const headers = columns.map(({ header }) => header)
  const rule = part.map((at) => '─'.repeat(widths[at]!)).join(GAP)
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
