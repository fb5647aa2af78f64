import { escapeMarkdown, escapeMarkdownLine, oneLine } from '../escape-markdown.js'
import { isHarmless } from './anchors.js'
import type { Block, Figure, Inline, InlinePart, ReportDocument, Table } from './document.js'
import { plainText } from './plain-text.js'

/** A document and the drawings that it shows. */
export interface MarkdownReport {
  readonly markdown: string
  /** What has to lie beside it, under these relative paths. */
  readonly files: readonly { readonly path: string; readonly content: string }[]
}

/**
 * The document as GitHub-flavoured Markdown, its figures as SVG files.
 *
 * @param folder of the figures, relative to the document: `report-figures`
 */
export function renderMarkdown(
  { title, subtitle, blocks }: ReportDocument,
  folder: string,
): MarkdownReport {
  const paths = figurePaths(blocks, folder)
  const texts = [
    `# ${escapeMarkdown(title)}`,
    ...(subtitle === undefined ? [] : [paragraphText(subtitle)]),
    ...blocks.map((block) => renderBlock(block, paths)),
  ]
  return {
    markdown: `${texts.join('\n\n')}\n`,
    files: [...paths].map(([{ svg }, path]) => ({ path, content: svg })),
  }
}

function figurePaths(blocks: readonly Block[], folder: string): ReadonlyMap<Figure, string> {
  const taken = new Set<string>()
  return new Map(
    blocks
      .filter((block) => block.type === 'figure')
      .map((figure) => {
        const name = figure.name.replace(/[^A-Za-z0-9-]+/g, '-')
        let path = `${folder}/${name}.svg`
        for (let number = 2; taken.has(path); number++) path = `${folder}/${name}-${number}.svg`
        taken.add(path)
        return [figure, path]
      }),
  )
}

function renderBlock(block: Block, paths: ReadonlyMap<Figure, string>): string {
  switch (block.type) {
    case 'heading':
      return `${'#'.repeat(block.level)} ${escapeMarkdown(block.text)}`
    case 'paragraph':
      return paragraphText(block.text)
    case 'table':
      return renderTable(block)
    case 'figure':
      return `![${escapeMarkdown(plainText(block.caption))}](${encodeURI(paths.get(block)!)})\n\n${paragraphText(block.caption)}`
    case 'list':
      return block.items
        .map((item, at) => `${block.ordered === true ? `${at + 1}.` : '-'} ${paragraphText(item)}`)
        .join('\n')
    case 'code':
      return fenced(block.text)
    case 'note':
      return `> **${block.tone === 'note' ? 'Note' : 'Warning'}.** ${inline(block.text)}`
  }
}

function renderTable({ columns, rows, caption }: Table): string {
  const line = (cells: readonly string[]) =>
    `| ${columns.map((_, at) => cells[at] ?? '').join(' | ')} |`
  const rule = `|${columns.map(({ align }) => (align === 'right' ? ' ---: ' : ' --- ')).join('|')}|`
  const lines = [
    line(columns.map(({ header }) => escapeMarkdown(header))),
    rule,
    ...rows.map((row) => line(row.map(inline))),
  ]
  return `${caption === undefined ? '' : `${paragraphText(caption)}\n\n`}${lines.join('\n')}`
}

function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}\n${text.replace(/\n$/, '')}\n${fence}`
}

function paragraphText(text: Inline): string {
  if (typeof text === 'string') return escapeMarkdownLine(text)
  const [first, ...rest] = text
  return `${typeof first === 'string' ? escapeMarkdownLine(first) : first === undefined ? '' : part(first)}${rest.map(part).join('')}`
}

function inline(text: Inline): string {
  return typeof text === 'string' ? escapeMarkdown(text) : text.map(part).join('')
}

function part(part: InlinePart): string {
  if (typeof part === 'string') return escapeMarkdown(part)
  if ('strong' in part) return marked(part.strong, '**')
  if ('emphasis' in part) return marked(part.emphasis, '*')
  if ('code' in part) return codeSpan(part.code)
  return isHarmless(part.link)
    ? `[${escapeMarkdown(part.text)}](<${part.link}>)`
    : escapeMarkdown(part.text)
}

/** Marks are none beside a space. */
function marked(text: string, mark: string): string {
  const [, before, words, after] = /^(\s*)([\s\S]*?)(\s*)$/.exec(text)!
  return words === ''
    ? escapeMarkdown(text)
    : `${escapeMarkdown(before!)}${mark}${escapeMarkdown(words!)}${mark}${escapeMarkdown(after!)}`
}

/** Within a table a bar would end the cell even in code. */
function codeSpan(text: string): string {
  const words = oneLine(text)
  if (words.trim() === '') return words
  if (words.includes('|')) return `<code>${escapeMarkdown(words)}</code>`
  const longest = Math.max(0, ...[...words.matchAll(/`+/g)].map(([run]) => run.length))
  const ticks = '`'.repeat(longest + 1)
  return longest === 0 ? `\`${words}\`` : `${ticks} ${words} ${ticks}`
}
