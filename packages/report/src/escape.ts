import { printable } from '@mnist-lab/core'

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/**
 * Escapes text for HTML, SVG or a quoted attribute. Line breaks stay, and other control characters
 * are shown as numbers.
 */
export function escapeHtml(text: string): string {
  return printableLines(text).replace(/[&<>"']/g, (character) => ENTITIES[character]!)
}

/** Returns the text that {@link escapeHtml} has escaped. */
export function unescapeHtml(html: string): string {
  return Object.entries(ENTITIES).reduceRight(
    (text, [character, entity]) => text.replaceAll(entity, character),
    html,
  )
}

/** Escapes text for Markdown, on one line, within a paragraph or the cell of a table. */
export function escapeMarkdown(text: string): string {
  return oneLine(text)
    .replace(/[\\`*[\]<>|~]|(?<!\w)_|_(?!\w)/g, '\\$&')
    .replace(/&(?=#?\w+;)/g, '&amp;')
}

/**
 * Escapes text at the start of a line, where it could otherwise start a list, a heading or a rule.
 */
export function escapeMarkdownLine(text: string): string {
  return escapeMarkdown(text)
    .trimStart()
    .replace(/^(?:#+(?=\s|$)|[+-](?=\s|$)|[=-]{2,}\s*$)/, '\\$&')
    .replace(/^\d+(?=[.)](?:\s|$))/, '$&\\')
}

/** Replaces line breaks by spaces, and shows other control characters as numbers. */
export function oneLine(text: string): string {
  return printable(text.replace(/(?<!\s)\s*[\n\r\u2028\u2029]\s*/g, ' '))
}

/** Shows all control characters but line breaks as numbers. */
export function printableLines(text: string): string {
  return text.replace(/[^\n]+/g, (line) => printable(line))
}
