import type { Heading, ReportDocument } from './document.js'

/** What a heading is linked by: GitHub's rule, so that HTML and Markdown have the same addresses. */
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

/** Whether an address can do no more than lead somewhere. */
export function isHarmless(link: string): boolean {
  return /^(?:https?:\/\/|#|\.{0,2}\/|[\w-][\w.-]*(?:[/#?]|$))/i.test(link) && !/[\s<>"]/.test(link)
}
