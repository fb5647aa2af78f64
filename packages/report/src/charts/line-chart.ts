import type { CustomSeriesOption, LineSeriesOption } from 'echarts'
import { axisOption, type Axis } from './axis.js'
import { DASHES, legend, type LegendEntry } from './legend.js'
import { isNarrow, renderSvg, WIDE, type ChartSize } from './svg.js'
import { MUTED, PALETTE, PAPER, paletteColour, SYMBOLS } from '../theme.js'
import { titleText } from './title.js'

/** A point of a line: `[x, y]`. */
export type Point = readonly [x: number, y: number]

/** One line of a {@link lineChart}. */
export interface LineSeries {
  readonly name: string
  /** The points in the order of x. */
  readonly points: readonly Point[]
  /** A tinted area behind the line, as `[x, low, high]`. */
  readonly band?: readonly (readonly [x: number, low: number, high: number])[]
  /**
   * The line that this one is compared with. It is dashed and has the same colour and hollow
   * symbols.
   */
  readonly reference?: readonly Point[]
  /**
   * The index of the colour and symbol. Set it to give a series the same look in several charts.
   *
   * @default the index of the series
   */
  readonly style?: number
}

/** The data of a {@link lineChart}. */
export interface LineChartData {
  readonly title: string
  readonly x: Axis
  readonly y: Axis
  readonly series: readonly LineSeries[]
  /** The name of the dashed lines in the legend. @default 'reference' */
  readonly referenceName?: string
  /** The name of the tinted areas in the legend. @default 'range' */
  readonly bandName?: string
}

/**
 * The largest number of points with a symbol. On a line with more points, symbols are spread over
 * the line.
 */
const SYMBOLS_A_LINE = 24
const SYMBOL_SIZE = 7

/**
 * Draws lines over epochs, steps or any other number.
 *
 * @returns an SVG document
 */
export function lineChart(data: LineChartData, { width = WIDE, height }: ChartSize = {}): string {
  const { series, x, y, referenceName = 'reference', bandName = 'range' } = data
  const title = titleText(data.title, width)
  const hasBand = series.some(({ band = [] }) => band.length > 0)
  const hasReference = series.some(({ reference = [] }) => reference.length > 0)
  const entries: LegendEntry[] = [
    ...series.map(({ name }) => ({ name })),
    ...(hasReference ? [{ name: referenceName, icon: DASHES }] : []),
    ...(hasBand ? [{ name: bandName, icon: 'rect' }] : []),
  ]
  const key = legend(entries.length > 1 ? entries : [], {
    left: 12,
    top: title.height,
    width: width - 24,
  })
  const top = title.height + key.height + 8
  // The lines keep their height, however high the legend is.
  const high = height ?? top + (isNarrow(width) ? 230 : 310)
  const bounds = { left: 12, right: 18, top, bottom: 12 }
  const xs = series.flatMap(({ points, reference = [] }) =>
    [...points, ...reference].map(([at]) => at),
  )
  const ys = series.flatMap(({ points, reference = [], band = [] }) => [
    ...[...points, ...reference].map(([, value]) => value),
    ...band.flatMap(([, low, high]) => [low, high]),
  ])
  return renderSvg(
    {
      title: title.option,
      legend: key.option,
      grid: { ...bounds, outerBoundsMode: 'same', outerBounds: bounds },
      xAxis: axisOption({ ...extent(x, xs), ...x }, xs, { rules: false }),
      yAxis: axisOption(y, ys.length === 0 ? [0, 1] : ys, { rules: true, nameGap: 12 }),
      series: [
        ...series.flatMap((one, at) => bandOf(one, at)),
        ...series.flatMap((one, at) => [...referenceOf(one, at), lineOf(one, at)]),
        // These series only add entries to the legend.
        ...(hasReference
          ? [{ type: 'line' as const, name: referenceName, color: MUTED, data: [] }]
          : []),
        ...(hasBand
          ? [
              {
                type: 'line' as const,
                name: bandName,
                color: MUTED,
                itemStyle: { opacity: BAND_OPACITY },
                data: [],
              },
            ]
          : []),
      ],
    },
    { width, height: high, title: data.title },
  )
}

/**
 * The data of a {@link lineChart}. Both axes are logarithmic, and the ticks of x have a default.
 */
export interface ScalingChartData extends Omit<LineChartData, 'x' | 'y'> {
  readonly x: Omit<Axis, 'log'>
  readonly y: Omit<Axis, 'log'>
}

/**
 * Draws lines on two logarithmic axes, so that proportional growth is a straight line. There is a
 * tick at every x of the data.
 *
 * @returns an SVG document
 */
export function scalingChart(data: ScalingChartData, size: ChartSize = {}): string {
  const xs = [...new Set(data.series.flatMap(({ points }) => points.map(([x]) => x)))].sort(
    (a, b) => a - b,
  )
  const extent = xs.length > 1 ? { min: xs[0]!, max: xs.at(-1)! } : {}
  return lineChart(
    { ...data, x: { ticks: xs, ...extent, ...data.x, log: true }, y: { ...data.y, log: true } },
    size,
  )
}

const BAND_OPACITY = 0.22

/** Returns the first and last x, so that a chart over epochs starts at 1 and not at 0. */
function extent({ log }: Axis, xs: readonly number[]): { min?: number; max?: number } {
  const min = Math.min(...xs)
  const max = Math.max(...xs)
  return log === true || !(min < max) ? {} : { min, max }
}

function lineOf(series: LineSeries, at: number): LineSeriesOption {
  const { style, colour } = styleOf(series, at)
  const symbol = SYMBOLS[style % SYMBOLS.length]!
  const stride = Math.ceil(series.points.length / SYMBOLS_A_LINE)
  const shown = (index: number) =>
    (index - Math.floor((stride * (style % PALETTE.length)) / PALETTE.length)) % stride === 0
  return {
    type: 'line',
    name: series.name,
    color: colour,
    symbol,
    symbolSize: SYMBOL_SIZE,
    showAllSymbol: true,
    itemStyle: { color: colour },
    lineStyle: { width: 2 },
    silent: true,
    z: 4,
    data: series.points.map(([x, y], index) => ({
      value: [x, y],
      ...(shown(index) ? {} : { symbol: 'none' }),
    })),
  }
}

function referenceOf(series: LineSeries, at: number): LineSeriesOption[] {
  if (series.reference === undefined || series.reference.length === 0) return []
  const { style, colour } = styleOf(series, at)
  return [
    {
      type: 'line',
      name: `${series.name} (reference)`,
      symbol: SYMBOLS[style % SYMBOLS.length]!,
      symbolSize: SYMBOL_SIZE - 2,
      showAllSymbol: true,
      itemStyle: { color: PAPER, borderColor: colour, borderWidth: 1.5 },
      lineStyle: { color: colour, width: 1.5, type: [6, 4] },
      silent: true,
      z: 3,
      data: series.reference.map(([x, y]) => [x, y]),
    },
  ]
}

/**
 * Draws the band as one polygon, because ECharts has no series for the area between two lines on
 * any scale.
 */
function bandOf(series: LineSeries, at: number): CustomSeriesOption[] {
  const band = (series.band ?? []).filter((row) => row.every(Number.isFinite))
  if (band.length === 0) return []
  return [
    {
      type: 'custom',
      name: `${series.name} (band)`,
      silent: true,
      clip: true,
      z: 1,
      encode: { x: 0, y: [1, 2] },
      data: band.map((row) => [...row]),
      renderItem: ({ dataIndex }, api) =>
        dataIndex > 0
          ? undefined
          : {
              type: 'polygon',
              shape: {
                points: [
                  ...band.map(([x, low]) => api.coord([x, low])),
                  ...band.map(([x, , high]) => api.coord([x, high])).reverse(),
                ] as [number, number][],
              },
              style: { fill: styleOf(series, at).colour, opacity: BAND_OPACITY },
            },
    },
  ]
}

function styleOf({ style }: LineSeries, at: number): { style: number; colour: string } {
  return { style: style ?? at, colour: paletteColour(style ?? at) }
}
