import { quantileSorted } from 'simple-statistics'
import type { Axis } from './axis.js'
import { line, whisker } from './bar-chart.js'
import { rowChart, type Row, type RowGroup, type Shape, type Slot } from './rows.js'
import { renderSvg, WIDE, type ChartSize } from './svg.js'
import { INK, paletteColour } from '../theme.js'
import { titleText } from './title.js'

/** One row of a {@link distributionChart}. */
export interface Distribution extends Row {
  readonly samples: readonly number[]
  /** The index of the colour. @default rows of the same name have the same colour */
  readonly style?: number
}

/** The data of a {@link distributionChart}. */
export interface DistributionChartData {
  readonly title: string
  /** The title should say that the whiskers reach from the 5th to the 95th percentile. */
  readonly axis: Axis
  readonly groups: readonly RowGroup<Distribution>[]
}

/**
 * The largest number of dots. More samples are thinned to this many quantiles, which gives the same
 * picture in a smaller file.
 */
const DOTS = 160

/**
 * Draws one box plot per row (median, quartiles, whiskers at the 5th and 95th percentile, as
 * Hyndman and Fan's type 7) over the samples as dots, so that a distribution with two peaks does
 * not look like one with a single peak.
 *
 * @returns an SVG document
 */
export function distributionChart(
  { title: words, axis, groups }: DistributionChartData,
  { width = WIDE, height }: ChartSize = {},
): string {
  const title = titleText(words, width)
  const all = groups.flatMap(({ rows }) => rows)
  const names = [...new Set(all.map(({ name }) => name))]
  const sorted = new Map(
    all.map((row) => [row, row.samples.filter(Number.isFinite).sort((a, b) => a - b)]),
  )
  const ends = [...sorted.values()].flatMap((samples) =>
    samples.length === 0 ? [] : [samples[0]!, samples.at(-1)!],
  )
  const rows = rowChart({
    groups,
    axis,
    width,
    top: title.height,
    values: ends.length === 0 ? [1] : ends,
    marks: (row, slot) =>
      shapes(sorted.get(row)!, slot, paletteColour(row.style ?? names.indexOf(row.name))),
  })
  return renderSvg(
    { title: title.option, ...rows.option },
    { width, height: height ?? rows.height, title: words },
  )
}

function shapes(samples: readonly number[], slot: Slot, colour: string): Shape[] {
  if (samples.length === 0) return []
  const { x, centre, height } = slot
  const [p5, q1, median, q3, p95] = [0.05, 0.25, 0.5, 0.75, 0.95].map((p) =>
    quantileSorted([...samples], p),
  ) as [number, number, number, number, number]
  const dots =
    samples.length <= DOTS
      ? samples
      : Array.from({ length: DOTS }, (_, at) => quantileSorted([...samples], at / (DOTS - 1)))
  return [
    ...dots.map((sample, at): Shape => ({
      type: 'circle',
      shape: { cx: x(sample), cy: centre + (spread(at) - 0.5) * height, r: 1.6 },
      style: { fill: colour, opacity: 0.45 },
    })),
    ...whisker(slot, [p5, p95]),
    {
      type: 'rect',
      shape: {
        x: x(q1),
        y: centre - height / 2 + 2,
        width: Math.max(1, x(q3) - x(q1)),
        height: height - 4,
      },
      style: { fill: colour, fillOpacity: 0.35, stroke: INK, lineWidth: 1 } as object,
    },
    line(x(median), centre - height / 2, x(median), centre + height / 2, INK, 2.5),
  ]
}

/**
 * Returns a low-discrepancy height in [0, 1), so that dots of near values do not hide each other.
 */
function spread(at: number): number {
  return (at * 0.618033988749895) % 1
}
