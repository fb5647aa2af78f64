import { escapeMarkdown, escapeMarkdownLine, oneLine, printableLines } from '../escape.js'
import { markdownTable } from '../table.js'
import {
  type Block,
  type Figure,
  type Inline,
  type InlinePart,
  isHarmless,
  plainText,
  type ReportDocument,
  type Table,
} from './document.js'

/** A Markdown document and the files of its figures. */
export interface MarkdownReport {
  readonly markdown: string
  /** The files that belong beside the document, with their relative paths. */
  readonly files: readonly { readonly path: string; readonly content: string }[]
}

/**
 * Writes a document as GitHub-flavoured Markdown with its figures as SVG files.
 *
 * @param folder the folder of the figures, relative to the document, such as `report-figures`
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
  const lines = markdownTable(
    columns,
    rows.map((row) => row.map(inline)),
  )
  return `${caption === undefined ? '' : `${paragraphText(caption)}\n\n`}${lines}`
}

function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}\n${printableLines(text).replace(/\n$/, '')}\n${fence}`
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

/** Puts marks around a text. Spaces stay outside, because a mark beside a space has no effect. */
function marked(text: string, mark: string): string {
  const [, before, words, after] = /^(\s*)([\s\S]*?)(\s*)$/.exec(text)!
  return words === ''
    ? escapeMarkdown(text)
    : `${escapeMarkdown(before!)}${mark}${escapeMarkdown(words!)}${mark}${escapeMarkdown(after!)}`
}

/**
 * Writes code. Text with a bar becomes HTML, because in a table a bar ends the cell even within
 * backticks.
 */
function codeSpan(text: string): string {
  const words = oneLine(text)
  if (words.trim() === '') return words
  if (words.includes('|')) return `<code>${escapeMarkdown(words)}</code>`
  const longest = Math.max(0, ...[...words.matchAll(/`+/g)].map(([run]) => run.length))
  const ticks = '`'.repeat(longest + 1)
  return longest === 0 ? `\`${words}\`` : `${ticks} ${words} ${ticks}`
}
