import type { Axis } from './axis.js'
import { legend } from './legend.js'
import { rowChart, type Row, type RowGroup, type Shape, type Slot } from './rows.js'
import { FONT_FAMILY, renderSvg, textWidth, WIDE, type ChartSize } from './svg.js'
import { paletteColour, paletteTextColour } from '../theme.js'
import { titleText } from './title.js'

/** One row of a {@link stackedBarChart}. */
export interface StackedBar extends Row {
  /** One value per part, in the order of `parts`. A part that a row does not have is 0. */
  readonly values: readonly number[]
}

/** The data of a {@link stackedBarChart}. */
export interface StackedBarChartData {
  readonly title: string
  readonly axis: Axis
  /** The names of the segments from left to right. */
  readonly parts: readonly string[]
  readonly groups: readonly RowGroup<StackedBar>[]
  /**
   * Returns the text of a segment that is wide enough for it; `''` shows none.
   *
   * @default its share in percent
   */
  readonly segmentText?: (value: number, total: number) => string
}

const share = (value: number, total: number) => `${Math.round((100 * value) / total)}%`

/**
 * Draws one bar per row, divided into its parts. Without colour, parts can be told apart by the
 * gaps between them and by their order, which is that of the legend.
 *
 * @returns an SVG document
 */
export function stackedBarChart(
  data: StackedBarChartData,
  { width = WIDE, height }: ChartSize = {},
): string {
  const { axis, parts, groups, segmentText = share } = data
  const title = titleText(data.title, width)
  const key = legend(
    parts.map((name) => ({ name, icon: 'rect' })),
    { left: 12, top: title.height, width: width - 24 },
  )
  const totals = groups.flatMap(({ rows }) => rows).map(({ values }) => sum(values))
  const rows = rowChart({
    groups,
    width,
    top: title.height + key.height + 8,
    axis: { min: 0, ...axis },
    values: totals.length === 0 ? [1] : [0, ...totals],
    marks: ({ values }, slot) => segments(values, slot, segmentText),
  })
  const { series, ...option } = rows.option
  return renderSvg(
    {
      title: title.option,
      legend: key.option,
      ...option,
      series: [
        ...series,
        ...parts.map((name, at) => ({
          type: 'line' as const,
          name,
          color: paletteColour(at),
          data: [],
        })),
      ],
    },
    { width, height: height ?? rows.height, title: data.title },
  )
}

function segments(
  values: readonly number[],
  { x, centre, height }: Slot,
  words: (value: number, total: number) => string,
): Shape[] {
  const total = sum(values)
  return values.flatMap((value, at): Shape[] => {
    const begin = x(sum(values.slice(0, at)))
    const wide = x(sum(values.slice(0, at + 1))) - begin
    if (wide <= 0) return []
    const gap = at === 0 ? 0 : Math.min(1.5, wide / 2)
    const box: Shape = {
      type: 'rect',
      shape: { x: begin + gap, y: centre - height / 2, width: wide - gap, height },
      style: { fill: paletteColour(at) },
    }
    const text = words(value, total)
    if (text === '' || textWidth(text, 11) + 6 > wide) return [box]
    return [
      box,
      {
        type: 'text',
        style: {
          text,
          x: begin + gap + (wide - gap) / 2,
          y: centre,
          align: 'center',
          verticalAlign: 'middle',
          fill: paletteTextColour(at),
          font: `11px ${FONT_FAMILY}`,
        },
      },
    ]
  })
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
