import type { Axis } from './axis.js'
import { lineChart, type LineChartData } from './line-chart.js'
import type { ChartSize } from './svg.js'

/** Lines as {@link lineChart} takes them; what is left out of the axes is chosen for scaling. */
export interface ScalingChartData extends Omit<LineChartData, 'x' | 'y'> {
  readonly x: Omit<Axis, 'log'>
  readonly y: Omit<Axis, 'log'>
}

/**
 * Both axes logarithmic, so that proportional growth is a straight line; a tick at every x that was measured.
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
