import type { BenchCell, BenchResult } from '@mnist-lab/metrics'
import type { CustomSeriesRenderItem } from 'echarts'
import { absence, caption, parityText } from '../bench-table.js'
import { significant } from '../numbers.js'
import { CHART_STYLE, PALETTE, renderSvg } from './svg.js'

const WIDTH = 960
const ROW_HEIGHT = 34
/** Title and captions above, axis below. */
const MARGIN = { top: 104, bottom: 56 }
const WHISKER_HALF_HEIGHT = 5

/**
 * Median ms a step of every cell as a horizontal bar on a logarithmic scale (shorter is faster; lengths of bars do not
 * compare, positions do), whiskers from p5 to p95, parity beside the figure; cells that did not run with their reason.
 *
 * @returns an SVG document
 */
export function benchChart(result: BenchResult): string {
  const { cells } = result
  const ran = cells.flatMap((cell, at) => (cell.status === 'ok' ? [{ cell, at }] : []))
  const samples = ran.reduce((n, { cell }) => n + cell.step.n, 0)
  const lowest = Math.min(...ran.map(({ cell }) => cell.step.p5Ms))
  const highest = Math.max(...ran.map(({ cell }) => cell.step.p95Ms))
  const any = ran.length > 0
  const axisStart = any ? decade(lowest, Math.floor) : 1
  const backends = [...new Set(cells.map(({ backend }) => backend))]
  const colours = new Map(backends.map((name, i) => [name, PALETTE[i % PALETTE.length]!]))
  const height = MARGIN.top + MARGIN.bottom + ROW_HEIGHT * cells.length
  return renderSvg({
    ...CHART_STYLE,
    title: {
      text: `Training step, median ms (n = ${samples} steps, ${result.protocol.repetitions} processes a row)`,
      subtext: caption(result).join('\n'),
      left: 12, top: 8, textStyle: { fontSize: 15 }, subtextStyle: { fontSize: 11, color: '#444444', lineHeight: 15 },
    },
    grid: { left: 210, right: 24, top: MARGIN.top, bottom: MARGIN.bottom },
    xAxis: {
      type: 'log', name: 'ms a step, logarithmic; whiskers p5 to p95', nameLocation: 'middle', nameGap: 30,
      min: axisStart,
      // Room for the label to the right of the longest bar.
      max: any ? decade(highest, Math.ceil) * 100 : 100,
      axisLabel: { color: '#222222' }, splitLine: { lineStyle: { color: '#dddddd' } },
    },
    yAxis: {
      type: 'category', inverse: true, data: cells.map(rowName),
      axisTick: { show: false }, axisLabel: { color: '#222222' },
    },
    series: [
      {
        type: 'bar', barWidth: 16,
        data: cells.map((cell) => cell.status === 'ok'
          ? { value: cell.step.medianMs, itemStyle: { color: colours.get(cell.backend) } }
          : { value: null }),
      },
      {
        type: 'custom', renderItem: whisker, z: 3,
        data: ran.map(({ cell, at }) => [cell.step.p5Ms, cell.step.p95Ms, at]),
      },
      // Labels hang on invisible points, one a row: at p95 where there is one, so that whiskers stay free.
      {
        type: 'line', lineStyle: { opacity: 0 }, symbol: 'circle', symbolSize: 0.01, silent: true, z: 4,
        label: {
          show: true, position: 'right', distance: 8, color: '#222222', fontSize: 11,
          formatter: ({ dataIndex }: { dataIndex: number }) => label(cells[dataIndex]!),
        },
        data: cells.map((cell, at) => [cell.status === 'ok' ? cell.step.p95Ms : axisStart, at]),
      },
    ],
  }, WIDTH, height)
}

const whisker: CustomSeriesRenderItem = (_params, api) => {
  const [low, row] = api.coord([api.value(0), api.value(2)]) as [number, number]
  const [high] = api.coord([api.value(1), api.value(2)]) as [number, number]
  const line = (x1: number, y1: number, x2: number, y2: number) =>
    ({ type: 'line' as const, shape: { x1, y1, x2, y2 }, style: { stroke: '#000000', lineWidth: 1.5 } })
  const cap = (x: number) => line(x, row - WHISKER_HALF_HEIGHT, x, row + WHISKER_HALF_HEIGHT)
  return { type: 'group', children: [line(low, row, high, row), cap(low), cap(high)] }
}

function rowName({ backend, model, batchSize }: BenchCell): string {
  return `${backend} · ${model} · ${batchSize}`
}

function label(cell: BenchCell): string {
  if (cell.status !== 'ok') return absence(cell)
  const ratio = cell.versusBaseline === undefined ? '' : `, ×${significant(cell.versusBaseline.ratio)}`
  return `${significant(cell.step.medianMs)} ms${ratio}; parity ${parityText(cell.parity)}`
}

/** The power of ten at or below (`Math.floor`) or above (`Math.ceil`) a duration. */
function decade(ms: number, round: (exponent: number) => number): number {
  return 10 ** round(Math.log10(Math.max(ms, 1e-6)))
}
