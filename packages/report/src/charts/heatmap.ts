import {
  clipText,
  FONT_FAMILY,
  FONT_SIZE,
  isNarrow,
  renderSvg,
  textWidth,
  WIDE,
  type ChartSize,
} from './svg.js'
import type { Shape } from './rows.js'
import { INK, PALETTE, PAPER, RULE } from '../theme.js'
import { titleText } from './title.js'

/** The data of a {@link confusionHeatmap}. */
export interface ConfusionHeatmapData {
  readonly title: string
  /** The names of the classes. */
  readonly names: readonly string[]
  /** [classes, classes], row-major. Rows are true classes, columns are predicted classes. */
  readonly counts: ArrayLike<number>
}

/** The largest side of a cell in pixels, so that a matrix of few classes does not fill the page. */
const LARGEST_CELL = 52
/** Smaller cells show no numbers, because they could not be read. */
const CELL_TEXT_FROM = 24

/**
 * Draws a confusion matrix with its numbers. Right predictions are blue, mistakes are vermillion,
 * and a zero is a dot. The depth of the colour is the square root of the cell's share of its true
 * class; with the share itself, mistakes would be too pale to see.
 *
 * @returns an SVG document that is no wider than its cells need
 */
export function confusionHeatmap(
  { title: words, names, counts }: ConfusionHeatmapData,
  { width = WIDE, height }: ChartSize = {},
): string {
  const classes = names.length
  const widest = Math.max(0, ...names.map((name) => textWidth(name)))
  const nameWidth = Math.min(widest, width * 0.25)
  const left = 34 + nameWidth
  const right = 14
  const cell = Math.min(LARGEST_CELL, (width - left - right) / Math.max(1, classes))
  const across = Math.max(isNarrow(width) ? width : 0, Math.ceil(left + right + cell * classes))
  const title = titleText(words, across)
  // The names of the columns are upright if they would overlap.
  const upright = widest > cell - 2
  const top = title.height + (upright ? 34 + nameWidth : 40)
  const fontSize = Math.min(FONT_SIZE, Math.floor(cell * 0.38))
  const text = (words: string, x: number, y: number, more: object = {}): Shape => ({
    type: 'text',
    style: {
      text: words,
      x,
      y,
      align: 'center',
      verticalAlign: 'middle',
      fill: INK,
      font: `${FONT_SIZE}px ${FONT_FAMILY}`,
      ...more,
    },
  })
  const row = (label: number): Shape[] => {
    const total = Array.from(
      { length: classes },
      (_, at) => counts[label * classes + at] ?? 0,
    ).reduce((sum, count) => sum + count, 0)
    const y = top + cell * label
    return Array.from({ length: classes }, (_, at): Shape[] => {
      const count = counts[label * classes + at] ?? 0
      const depth = total === 0 ? 0 : Math.sqrt(count / total)
      const x = left + cell * at
      return [
        {
          type: 'rect',
          shape: { x, y, width: cell, height: cell },
          style: { fill: PAPER, stroke: RULE, lineWidth: 1 },
        },
        ...(count === 0
          ? []
          : [
              {
                type: 'rect',
                shape: { x: x + 0.5, y: y + 0.5, width: cell - 1, height: cell - 1 },
                style: { fill: PALETTE[at === label ? 0 : 1]!, opacity: depth },
              } as Shape,
            ]),
        ...(cell < CELL_TEXT_FROM
          ? []
          : [
              text(count === 0 ? '·' : String(count), x + cell / 2, y + cell / 2, {
                font: `${fontSize}px ${FONT_FAMILY}`,
                fill: depth > 0.6 ? PAPER : INK,
              }),
            ]),
      ]
    }).flat()
  }
  const step = Math.max(1, Math.ceil(14 / cell))
  const named = names.flatMap((name, at) => (at % step === 0 ? [{ name, at }] : []))
  const shapes = [
    ...named.map(({ name, at }) =>
      text(clipText(name, nameWidth), left - 8, top + cell * (at + 0.5), { align: 'right' }),
    ),
    ...named.map(({ name, at }) =>
      upright
        ? ({
            ...text(clipText(name, nameWidth), 0, 0, { align: 'left' }),
            x: left + cell * (at + 0.5),
            y: top - 6,
            rotation: Math.PI / 2,
          } as Shape)
        : text(name, left + cell * (at + 0.5), top - 10),
    ),
    text('predicted', left + (cell * classes) / 2, title.height + 12),
    { ...text('true', 0, 0), x: 14, y: top + (cell * classes) / 2, rotation: Math.PI / 2 } as Shape,
    ...names.flatMap((_, label) => row(label)),
  ]
  const high = height ?? Math.ceil(top + cell * classes + 14)
  return renderSvg(
    {
      title: title.option,
      grid: { left: 0, right: 0, top: 0, bottom: 0, outerBoundsMode: 'none' },
      xAxis: { type: 'value', show: false, min: 0, max: 1 },
      yAxis: { type: 'value', show: false, min: 0, max: 1 },
      series: [
        {
          type: 'custom',
          silent: true,
          clip: false,
          data: [[0, 0]],
          renderItem: () => ({ type: 'group', children: shapes as never[] }),
        },
      ],
    },
    { width: across, height: high, title: words },
  )
}
