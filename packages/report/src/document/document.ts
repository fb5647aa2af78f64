import type { Column } from '../table.js'

/**
 * Running text. Strings are shown literally, whatever they contain; only the parts below are
 * markup.
 */
export type Inline = string | readonly InlinePart[]

/** A part of running text: a string, or text with one kind of markup. */
export type InlinePart =
  | string
  | { readonly strong: string }
  | { readonly emphasis: string }
  | { readonly code: string }
  /**
   * Only http, https, `#heading` and relative addresses become links. For any other address only
   * the text is shown.
   */
  | { readonly text: string; readonly link: string }

/** A heading. */
export interface Heading {
  readonly type: 'heading'
  /**
   * From 2 to 4, because level 1 is the title of the document. Levels 2 and 3 form the table of
   * contents.
   */
  readonly level: 2 | 3 | 4
  readonly text: string
}

/** A paragraph. */
export interface Paragraph {
  readonly type: 'paragraph'
  readonly text: Inline
}

/** A table. */
export interface Table {
  readonly type: 'table'
  readonly columns: readonly Column[]
  /** One cell per column. In a row with fewer cells, the last cell spans the remaining columns. */
  readonly rows: readonly (readonly Inline[])[]
  readonly caption?: Inline
}

/** A drawing with a caption. */
export interface Figure {
  readonly type: 'figure'
  /** The name of its file beside a Markdown document. It consists of letters, digits and `-`. */
  readonly name: string
  readonly caption: Inline
  /** A drawing of this package. It is copied into the page without escaping. */
  readonly svg: string
  /** The drawing for a telephone. @default svg */
  readonly narrow?: string
}

/** A list. */
export interface List {
  readonly type: 'list'
  /** @default false */
  readonly ordered?: boolean
  readonly items: readonly Inline[]
}

/** A block of preformatted text, such as commands. */
export interface Code {
  readonly type: 'code'
  readonly text: string
}

/** A note or a warning that stands out from the text. */
export interface Note {
  readonly type: 'note'
  readonly tone: 'note' | 'warning'
  readonly text: Inline
}

/** A block of a document. */
export type Block = Heading | Paragraph | Table | Figure | List | Code | Note

/** The content of a report, which `renderHtml` and `renderMarkdown` write. */
export interface ReportDocument {
  readonly title: string
  /** A text under the title, such as the date. */
  readonly subtitle?: Inline
  readonly blocks: readonly Block[]
}

/** Makes a heading of level 2, 3 or 4. */
export function heading(level: Heading['level'], text: string): Heading {
  return { type: 'heading', level, text }
}

/** Makes a paragraph. */
export function paragraph(text: Inline): Paragraph {
  return { type: 'paragraph', text }
}

/** Makes a table with one cell per column in each row. */
export function table(columns: readonly Column[], rows: Table['rows'], caption?: Inline): Table {
  return { type: 'table', columns, rows, ...(caption === undefined ? {} : { caption }) }
}

/** The width of a figure on a telephone, in pixels. */
const NARROW = 360

/**
 * Makes a figure with a wide and a narrow drawing.
 *
 * @param draw returns the drawing for a width in pixels, or for its default width:
 *   `(size) => lineChart(data, size)`
 */
export function figure(
  name: string,
  caption: Inline,
  draw: (size?: { readonly width: number }) => string,
): Figure {
  return { type: 'figure', name, caption, svg: draw(), narrow: draw({ width: NARROW }) }
}

/** Makes a list with bullets or, if `ordered`, with numbers. */
export function list(items: readonly Inline[], ordered = false): List {
  return { type: 'list', items, ordered }
}

/** Makes a block of preformatted text. */
export function code(text: string): Code {
  return { type: 'code', text }
}

/** Makes a note or a warning. */
export function note(text: Inline, tone: Note['tone'] = 'note'): Note {
  return { type: 'note', tone, text }
}

/**
 * Returns the anchor of each heading. The rule is GitHub's, so that HTML and Markdown have the same
 * anchors.
 */
export function anchors({ blocks }: ReportDocument): ReadonlyMap<Heading, string> {
  const taken = new Set<string>()
  const named = new Map<Heading, string>()
  for (const block of blocks) {
    if (block.type !== 'heading') continue
    const slug =
      block.text
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replace(/\s/g, '-') || 'section'
    let anchor = slug
    for (let number = 1; taken.has(anchor); number++) anchor = `${slug}-${number}`
    taken.add(anchor)
    named.set(block, anchor)
  }
  return named
}

/** Tells whether an address is a plain link: http, https, an anchor or a relative path. */
export function isHarmless(link: string): boolean {
  return /^(?:https?:\/\/|#|\.{0,2}\/|[\w-][\w.-]*(?:[/#?]|$))/i.test(link) && !/[\s<>"]/.test(link)
}

/** Returns running text without its markup. */
export function plainText(text: Inline): string {
  if (typeof text === 'string') return text
  return text
    .map((part) =>
      typeof part === 'string'
        ? part
        : 'strong' in part
          ? part.strong
          : 'emphasis' in part
            ? part.emphasis
            : 'code' in part
              ? part.code
              : part.text,
    )
    .join('')
}
