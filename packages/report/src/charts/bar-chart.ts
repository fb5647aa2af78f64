import type { Axis } from './axis.js'
import { rowChart, type Row, type RowGroup, type Shape, type Slot } from './rows.js'
import { renderSvg, WIDE, type ChartSize } from './svg.js'
import { INK, MUTED, paletteColour, RULE } from '../theme.js'
import { titleText } from './title.js'

/** One row of a {@link barChart}. */
export interface Bar extends Row {
  /** Nothing is drawn without a finite value; the row's note should give the reason. */
  readonly value?: number
  /** The ends of the whisker. */
  readonly interval?: readonly [low: number, high: number]
  /** The index of the colour. @default bars of the same name have the same colour */
  readonly style?: number
}

/** The data of a {@link barChart}. */
export interface BarChartData {
  readonly title: string
  readonly axis: Axis
  readonly groups: readonly RowGroup<Bar>[]
  /** Small lines under the title, such as the machine. */
  readonly subtitle?: readonly string[]
  /** The value of a line across all rows, such as 1 for ratios. */
  readonly mark?: number
}

/**
 * Draws one bar with a whisker per row, and rows in groups. If the axis is logarithmic or does not
 * start at 0, the length of a bar would mislead, so a dot is drawn.
 *
 * @returns an SVG document
 */
export function barChart(
  { title: words, subtitle = [], axis, groups, mark }: BarChartData,
  { width = WIDE, height }: ChartSize = {},
): string {
  const title = titleText(words, width, subtitle)
  const bars = groups.flatMap(({ rows }) => rows)
  const names = [...new Set(bars.map(({ name }) => name))]
  const values = bars.flatMap(({ value, interval = [] }) => [value, ...interval].filter(isFigure))
  const dots = axis.log === true || (axis.min ?? 0) > 0
  const rows = rowChart({
    groups,
    width,
    top: title.height,
    axis,
    values: [
      ...(values.length === 0 ? [1] : values),
      ...(dots ? [] : [0]),
      ...(mark === undefined ? [] : [mark]),
    ],
    marks: (bar, slot) => [
      ...(mark === undefined || !isFigure(bar.value)
        ? []
        : [line(slot.x(mark), slot.centre - 14, slot.x(mark), slot.centre + 14, MUTED)]),
      ...shapes(bar, slot, paletteColour(bar.style ?? names.indexOf(bar.name)), dots),
    ],
  })
  return renderSvg(
    { title: title.option, ...rows.option },
    { width, height: height ?? rows.height, title: words },
  )
}

function shapes({ value, interval }: Bar, slot: Slot, colour: string, dot: boolean): Shape[] {
  if (!isFigure(value)) return []
  const { x, centre, height } = slot
  const from = x(0)
  const drawn: Shape = dot
    ? { type: 'circle', shape: { cx: x(value), cy: centre, r: 5 }, style: { fill: colour } }
    : {
        type: 'rect',
        shape: {
          x: Math.min(from, x(value)),
          y: centre - height / 2,
          width: Math.abs(x(value) - from),
          height,
        },
        style: { fill: colour },
      }
  const track = dot ? [line(slot.start, centre, slot.end, centre, RULE)] : []
  return [...track, drawn, ...(interval?.every(isFigure) === true ? whisker(slot, interval) : [])]
}

/** Tells whether there is something to draw. A result may be missing, infinite or not a number. */
function isFigure(value: number | undefined): value is number {
  return Number.isFinite(value)
}

/** Draws a line with caps from the low end to the high end. */
export function whisker({ x, centre }: Slot, [low, high]: readonly [number, number]): Shape[] {
  const cap = (at: number) => line(at, centre - 5, at, centre + 5, INK, 1.5)
  return [line(x(low), centre, x(high), centre, INK, 1.5), cap(x(low)), cap(x(high))]
}

/** Returns a straight line. Positions are in pixels. */
export function line(
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  stroke: string,
  lineWidth = 1,
): Shape {
  return { type: 'line', shape: { x1, y1, x2, y2 }, style: { stroke, lineWidth } }
}
