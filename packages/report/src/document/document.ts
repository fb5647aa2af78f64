import type { Column } from '../table.js'

/** Running text: a string is shown as it is, whatever it holds; markup is what the parts say. */
export type Inline = string | readonly InlinePart[]

export type InlinePart =
  | string
  | { readonly strong: string }
  | { readonly emphasis: string }
  | { readonly code: string }
  /** Only http, https, `#heading` and relative addresses become links; of any other the text is shown. */
  | { readonly text: string; readonly link: string }

export interface Heading {
  readonly type: 'heading'
  /** 2 to 4: 1 is the document's title. Levels 2 and 3 make the table of contents. */
  readonly level: 2 | 3 | 4
  readonly text: string
}

export interface Paragraph {
  readonly type: 'paragraph'
  readonly text: Inline
}

export interface Table {
  readonly type: 'table'
  readonly columns: readonly Column[]
  /** A cell a column; when there are fewer, the last one runs on over the columns that are left. */
  readonly rows: readonly (readonly Inline[])[]
  readonly caption?: Inline
}

export interface Figure {
  readonly type: 'figure'
  /** Of its file beside a Markdown document: letters, digits, `-`. */
  readonly name: string
  readonly caption: Inline
  /** A drawing by this package's charts or pictures: it goes into the page as it is. */
  readonly svg: string
  /** The same for a telephone. @default svg */
  readonly narrow?: string
}

export interface List {
  readonly type: 'list'
  /** @default false */
  readonly ordered?: boolean
  readonly items: readonly Inline[]
}

export interface Code {
  readonly type: 'code'
  readonly text: string
}

export interface Note {
  readonly type: 'note'
  readonly tone: 'note' | 'warning'
  readonly text: Inline
}

export type Block = Heading | Paragraph | Table | Figure | List | Code | Note

/** A report, written once, for `renderHtml` and `renderMarkdown`. */
export interface ReportDocument {
  readonly title: string
  /** Under the title: what this is, when and where it was made. */
  readonly subtitle?: Inline
  readonly blocks: readonly Block[]
}

export function heading(level: Heading['level'], text: string): Heading {
  return { type: 'heading', level, text }
}

export function paragraph(text: Inline): Paragraph {
  return { type: 'paragraph', text }
}

export function table(columns: readonly Column[], rows: Table['rows'], caption?: Inline): Table {
  return { type: 'table', columns, rows, ...(caption === undefined ? {} : { caption }) }
}

/** Pixels that a figure has on a telephone. */
const NARROW = 360

/** @param draw makes the drawing for a width in pixels, or for the drawing's own when there is none: `(size) => lineChart(data, size)` */
export function figure(
  name: string,
  caption: Inline,
  draw: (size?: { readonly width: number }) => string,
): Figure {
  return { type: 'figure', name, caption, svg: draw(), narrow: draw({ width: NARROW }) }
}

export function list(items: readonly Inline[], ordered = false): List {
  return { type: 'list', items, ordered }
}

export function code(text: string): Code {
  return { type: 'code', text }
}

export function note(text: Inline, tone: Note['tone'] = 'note'): Note {
  return { type: 'note', tone, text }
}
