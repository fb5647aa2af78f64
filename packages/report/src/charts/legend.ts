import { INK } from '../theme.js'
import { textWidth } from './svg.js'

const ICON = 26
const GAP = 14
const ROW = 12 + GAP
/** A piece of a dashed line: the icon for all dashed lines of a chart. */
export const DASHES = 'path://M0 0h7v2h-7zM10 0h7v2h-7zM20 0h6v2h-6z'

/** An entry of a legend. Without an `icon`, the entry shows the line and symbol of its series. */
export interface LegendEntry {
  readonly name: string
  readonly icon?: string
}

/**
 * Returns a legend that takes as many lines as it needs, and its height in pixels.
 *
 * @param left in pixels, like `top` and `width`
 */
export function legend(
  entries: readonly LegendEntry[],
  { left, top, width }: { left: number; top: number; width: number },
) {
  const option = {
    show: entries.length > 0,
    left,
    top,
    width,
    padding: 0,
    itemGap: GAP,
    itemWidth: ICON,
    itemHeight: 10,
    textStyle: { color: INK },
    selectedMode: false,
    align: 'left' as const,
    data: entries.map((entry) => ({ ...entry })),
  }
  let rows = entries.length === 0 ? 0 : 1
  let used = 0
  for (const { name } of entries) {
    const needed = ICON + 5 + textWidth(name)
    if (used > 0 && used + needed + GAP > width) {
      rows++
      used = 0
    }
    used += needed + GAP
  }
  return { option, height: rows * ROW - 8 * Math.sign(rows) }
}
