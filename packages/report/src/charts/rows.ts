import type {
  CustomSeriesOption,
  CustomSeriesRenderItemAPI,
  CustomSeriesRenderItemReturn,
} from 'echarts'
import { axisOption, roundBounds, type Axis } from './axis.js'
import { clipText, FONT_FAMILY, FONT_SIZE, isNarrow, textWidth } from './svg.js'
import { INK, MUTED, PAPER } from '../theme.js'

/** The texts of one row of a chart. */
export interface Row {
  readonly name: string
  /** The figure itself. It is beside the marks, or above them in a narrow chart. */
  readonly label?: string
  /** A remark after the label. A narrow chart shows it only in a row without marks. */
  readonly note?: string
}

/** Rows of a chart under one heading. */
export interface RowGroup<R extends Row> {
  /** A heading above the rows. */
  readonly name?: string
  readonly rows: readonly R[]
}

/** The place for the marks of a row, in pixels. */
export interface Slot {
  readonly centre: number
  /** The height of the bar or box. */
  readonly height: number
  /** The start of the axis. */
  readonly start: number
  /** The end of the axis. */
  readonly end: number
  /** Returns the position of a value, limited to the axis. */
  readonly x: (value: number) => number
}

/** The data of a {@link rowChart}. */
export interface RowChart<R extends Row> {
  readonly groups: readonly RowGroup<R>[]
  readonly axis: Axis
  /** All values that are drawn. The axis covers them. */
  readonly values: readonly number[]
  /** Draws the shapes of one row. */
  readonly marks: (row: R, slot: Slot) => readonly Shape[]
  readonly width: number
  /** The height of the title and legend above, in pixels. */
  readonly top: number
}

/** A shape of an ECharts custom series. */
export type Shape = NonNullable<CustomSeriesRenderItemReturn>

const MARGIN = 12
const GAP = 10
const AXIS_HEIGHT = 52

/**
 * Lays out rows with names at the left, marks along one axis, and labels at the right. In a narrow
 * chart names and labels are above the marks. All positions are computed in pixels, so texts do not
 * overlap.
 */
export function rowChart<R extends Row>({ groups, axis, values, marks, width, top }: RowChart<R>) {
  const narrow = isNarrow(width)
  const lines = groups.flatMap(({ name, rows }) => [...(name === undefined ? [] : [name]), ...rows])
  const heights = lines.map((line) => (typeof line === 'string' || !narrow ? 28 : 42))
  const offsets = heights.map((_, at) => heights.slice(0, at).reduce((sum, one) => sum + one, 0))
  const height = heights.reduce((sum, one) => sum + one, 0)
  const rows = lines.flatMap((line) => (typeof line === 'string' ? [] : [line]))
  const nameWidth = narrow
    ? 0
    : Math.min(Math.max(0, ...rows.map(({ name }) => textWidth(name))), width * 0.3)
  const labelOf = ({ label, note }: Row) =>
    [label, narrow ? undefined : note].filter((part) => part !== undefined).join('  ')
  const labelWidth = narrow
    ? 0
    : Math.min(Math.max(0, ...rows.map((row) => textWidth(labelOf(row)))), width * 0.42)
  const left = MARGIN + (nameWidth > 0 ? nameWidth + GAP : 8)
  const right = MARGIN + (labelWidth > 0 ? labelWidth + GAP : 8)
  const option = axisOption(
    { ...(axis.log === true ? {} : roundBounds(values, axis)), ...axis },
    values,
    { rules: true },
  )
  const text = (
    words: string,
    x: number,
    y: number,
    style: { align?: 'left' | 'right'; bold?: boolean; fill?: string } = {},
  ): Shape => ({
    type: 'text',
    silent: true,
    style: {
      text: words,
      x,
      y,
      align: style.align ?? 'left',
      verticalAlign: 'middle',
      fill: style.fill ?? INK,
      // A halo keeps the lines of the grid away from the text.
      stroke: PAPER,
      lineWidth: 4,
      font: `${style.bold === true ? 'bold ' : ''}${FONT_SIZE}px ${FONT_FAMILY}`,
    },
  })
  const beside = (row: R, y: number): Shape[] =>
    narrow
      ? [
          text(clipText(row.name, (width - left - right) * 0.5), left, y - 13),
          text(clipText(labelOf(row), (width - left - right) * 0.47), width - right, y - 13, {
            align: 'right',
            fill: MUTED,
          }),
        ]
      : [
          text(clipText(row.name, nameWidth), left - GAP, y, { align: 'right' }),
          text(clipText(labelOf(row), labelWidth), width - right + GAP, y),
        ]
  const draw = (at: number, api: CustomSeriesRenderItemAPI): CustomSeriesRenderItemReturn => {
    const line = lines[at]!
    const centre = top + offsets[at]! + heights[at]! / 2
    if (typeof line === 'string')
      return {
        type: 'group',
        children: [text(clipText(line, width - 2 * MARGIN), MARGIN, centre + 2, { bold: true })],
      }
    const start = left
    const end = width - right
    const slot: Slot = {
      centre: narrow ? centre + 8 : centre,
      height: narrow ? 15 : 16,
      start,
      end,
      x: (value) =>
        value <= option.min! ? start : Math.min(Math.max(api.coord([value, 0])[0]!, start), end),
    }
    const drawn = marks(line, slot)
    // A row without marks has room for the reason.
    const why =
      narrow && drawn.length === 0 && line.note !== undefined
        ? [text(clipText(line.note, end - start), start, slot.centre, { fill: MUTED })]
        : []
    return { type: 'group', children: [...drawn, ...beside(line, centre), ...why] as never[] }
  }
  const series: CustomSeriesOption = {
    type: 'custom',
    silent: true,
    clip: false,
    encode: { x: 0, y: 1 },
    data: lines.map((_, at) => [option.min, at]),
    renderItem: ({ dataIndex }, api) => draw(dataIndex, api),
  }
  return {
    option: {
      grid: { left, right, top, height, outerBoundsMode: 'none' as const },
      xAxis: option,
      yAxis: {
        type: 'value' as const,
        min: 0,
        max: Math.max(1, lines.length),
        inverse: true,
        show: false,
      },
      series: [series],
    },
    height: top + height + AXIS_HEIGHT,
  }
}
