import type { BenchCell } from '../results/bench-cell.js'
import type { BenchResult } from '../results/bench-result.js'
import { caption } from './bench-table.js'
import { significant } from '@mnist-lab/report'
import { parityText } from './parity-text.js'
import { type Bar, barChart, type ChartSize } from '@mnist-lab/report/charts'

/**
 * Median ms a step of every cell as a dot on a logarithmic scale, whiskers from p5 to p95, parity beside the figure; cells that
 * did not run with their reason. A group a model and batch size.
 *
 * @returns an SVG document
 */
export function benchChart(result: BenchResult, size: ChartSize = { width: 960 }): string {
  const { cells } = result
  const samples = cells.reduce((n, cell) => n + (cell.status === 'ok' ? cell.step.n : 0), 0)
  const groups = [...new Set(cells.map(groupName))]
  return barChart(
    {
      title: `Training step, median ms (n = ${samples} steps, ${result.protocol.repetitions} processes a row)`,
      subtitle: caption(result),
      axis: { title: 'ms a step, logarithmic; whiskers p5 to p95', log: true },
      groups: groups.map((name) => ({
        name,
        rows: cells.filter((cell) => groupName(cell) === name).map(bar),
      })),
    },
    size,
  )
}

function groupName({ model, batchSize }: BenchCell): string {
  return `${model}, batch ${batchSize}`
}

function rowName({ backend, askedThreads }: BenchCell): string {
  return askedThreads === undefined ? backend : `${backend} × ${askedThreads}`
}

function bar(cell: BenchCell): Bar {
  if (cell.status !== 'ok') {
    return {
      name: rowName(cell),
      label: cell.status,
      note: cell.status === 'unavailable' ? `${cell.reason}; ${cell.hint}` : cell.reason,
    }
  }
  const ratio =
    cell.versusBaseline === undefined ? '' : `×${significant(cell.versusBaseline.ratio)}; `
  const { medianMs, p5Ms, p95Ms } = cell.step
  return {
    name: rowName(cell),
    value: medianMs,
    interval: [p5Ms, p95Ms],
    label: `${significant(medianMs)} ms`,
    note: `${ratio}parity ${parityText(cell.parity)}`,
  }
}
