/** Text as Markdown that shows it as it is, on one line, within a paragraph or a table's cell. */
export function escapeMarkdown(text: string): string {
  return oneLine(text)
    .replace(/[\\`*[\]<>|~]|(?<!\w)_|_(?!\w)/g, '\\$&')
    .replace(/&(?=#?\w+;)/g, '&amp;')
}

/** {@link escapeMarkdown} for text that begins a line, where a list, a heading or a rule could begin. */
export function escapeMarkdownLine(text: string): string {
  return escapeMarkdown(text)
    .trimStart()
    .replace(/^(?:#+(?=\s|$)|[+-](?=\s|$)|[=-]{2,}\s*$)/, '\\$&')
    .replace(/^\d+(?=[.)](?:\s|$))/, '$&\\')
}

/** Text without line breaks. */
export function oneLine(text: string): string {
  return text.replace(/\s*[\n\r\u2028\u2029]\s*/g, ' ')
}
