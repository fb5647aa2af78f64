import { escapeHtml } from '../escape.js'
import {
  anchors,
  type Block,
  type Figure,
  type Heading,
  type Inline,
  type InlinePart,
  isHarmless,
  plainText,
  type ReportDocument,
  type Table,
} from './document.js'
import { pagePolicy } from './page-policy.js'
import { PAGE_STYLE } from './page-style.js'

/** A cell with more characters is broken into lines. */
const LONG_CELL = 40

/**
 * Writes a document as one self-contained HTML page without scripts, for light and dark screens,
 * telephones and print. All text is escaped. Figures are copied unchanged. The page's
 * Content-Security-Policy lets it load nothing and run no script, whatever the texts contain.
 */
export function renderHtml(document: ReportDocument): string {
  const ids = anchors(document)
  const { title, subtitle, blocks } = document
  const rest = `<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
${contents(ids)}<main>
<header>
<h1>${escapeHtml(title)}</h1>
${subtitle === undefined ? '' : `<p class="subtitle">${inline(subtitle)}</p>\n`}</header>
${blocks.map((block) => renderBlock(block, ids)).join('\n')}
</main>
</body>
</html>
`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(pagePolicy(rest))}">
${rest}`
}

function contents(ids: ReadonlyMap<Heading, string>): string {
  const entries = [...ids].filter(([{ level }]) => level <= 3)
  if (entries.length < 2) return ''
  const items = entries.map(
    ([{ level, text }, id]) =>
      `<li class="level-${level}"><a href="#${escapeHtml(id)}">${escapeHtml(text)}</a></li>`,
  )
  return `<nav aria-label="Contents">\n<p>Contents</p>\n<ul>\n${items.join('\n')}\n</ul>\n</nav>\n`
}

function renderBlock(block: Block, ids: ReadonlyMap<Heading, string>): string {
  switch (block.type) {
    case 'heading':
      return `<h${block.level} id="${escapeHtml(ids.get(block)!)}">${escapeHtml(block.text)}</h${block.level}>`
    case 'paragraph':
      return `<p>${inline(block.text)}</p>`
    case 'table':
      return renderTable(block)
    case 'figure':
      return renderFigure(block)
    case 'list': {
      const tag = block.ordered === true ? 'ol' : 'ul'
      return `<${tag}>\n${block.items.map((item) => `<li>${inline(item)}</li>`).join('\n')}\n</${tag}>`
    }
    case 'code':
      return `<pre tabindex="0"><code>${escapeHtml(block.text)}</code></pre>`
    case 'note':
      return `<aside class="${block.tone}"><strong>${block.tone === 'note' ? 'Note' : 'Warning'}.</strong> ${inline(block.text)}</aside>`
  }
}

function renderTable({ columns, rows, caption }: Table): string {
  const align = (at: number) => (columns[at]?.align === 'right' ? ' class="right"' : '')
  const head = columns
    .map(({ header }, at) => `<th scope="col"${align(at)}>${escapeHtml(header)}</th>`)
    .join('')
  const body = rows.map((row) => {
    const cells = row.map((cell, at) => {
      const over = at === row.length - 1 ? columns.length - at : 1
      if (over > 1) return `<td colspan="${over}" class="runs-on">${inline(cell)}</td>`
      const long = plainText(cell).length > LONG_CELL ? ' class="long"' : align(at)
      return `<td${long}>${inline(cell)}</td>`
    })
    return `<tr>${cells.join('')}</tr>`
  })
  // The caption is outside the scrolling box, so that it stays in place when a wide table is
  // scrolled.
  const above = caption === undefined ? '' : `<p class="caption">${inline(caption)}</p>\n`
  const label =
    caption === undefined ? '' : ` role="region" aria-label="${escapeHtml(plainText(caption))}"`
  // The box can be focused, so that it can be scrolled with the keyboard.
  return `${above}<div class="scroll" tabindex="0"${label}>\n<table>\n<thead><tr>${head}</tr></thead>\n<tbody>\n${body.join('\n')}\n</tbody>\n</table>\n</div>`
}

function renderFigure({ svg, narrow, caption }: Figure): string {
  const drawings =
    narrow === undefined || narrow === svg
      ? `<div>${svg.trim()}</div>`
      : `<div class="wide">${svg.trim()}</div>\n<div class="narrow">${narrow.trim()}</div>`
  return `<figure>\n${drawings}\n<figcaption>${inline(caption)}</figcaption>\n</figure>`
}

function inline(text: Inline): string {
  return typeof text === 'string' ? escapeHtml(text) : text.map(part).join('')
}

function part(part: InlinePart): string {
  if (typeof part === 'string') return escapeHtml(part)
  if ('strong' in part) return `<strong>${escapeHtml(part.strong)}</strong>`
  if ('emphasis' in part) return `<em>${escapeHtml(part.emphasis)}</em>`
  if ('code' in part) return `<code>${escapeHtml(part.code)}</code>`
  return isHarmless(part.link)
    ? `<a href="${escapeHtml(part.link)}">${escapeHtml(part.text)}</a>`
    : escapeHtml(part.text)
}
