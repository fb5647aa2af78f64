import { INK, MUTED } from '../theme.js'
import { textWidth } from './svg.js'

const SIZE = 14
const LINE = 18
const SMALL = 11
const SMALL_LINE = 15
const MARGIN = 12

/** Returns a title with small lines under it, wrapped to the width, and their height in pixels. */
export function titleText(text: string, width: number, small: readonly string[] = []) {
  const room = width - 2 * MARGIN
  // Bold letters are wider.
  const lines = wrap(text, room / 1.08, SIZE)
  const below = small.flatMap((line) => wrap(line, room, SMALL))
  const option = {
    text: lines.join('\n'),
    subtext: below.join('\n'),
    left: MARGIN,
    top: 10,
    padding: 0,
    itemGap: 6,
    textStyle: { fontSize: SIZE, fontWeight: 'bold' as const, color: INK, lineHeight: LINE },
    subtextStyle: { fontSize: SMALL, color: MUTED, lineHeight: SMALL_LINE },
  }
  return {
    option,
    height: 10 + LINE * lines.length + (below.length === 0 ? 0 : 6 + SMALL_LINE * below.length) + 8,
  }
}

function wrap(text: string, width: number, size: number): string[] {
  const lines: string[] = []
  for (const word of text.split(/\s+/)) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)!} ${word}`
    if (lines.length > 0 && textWidth(longer, size) <= width) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  return lines
}
