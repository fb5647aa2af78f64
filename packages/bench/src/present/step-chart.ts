import { significant } from '@mnist-lab/report'
import { type Bar, barChart, type ChartSize } from '@mnist-lab/report/charts'
import { type BenchCell, hasSpeed } from '../results/cell-schema.js'
import type { BenchResult } from '../results/result-schema.js'
import { engineText } from '../protocol/engine-name.js'
import { groupTitle, isUnjudged, parityText, unjudgedNote } from './cell-text.js'
import { caption } from './result-table.js'

/**
 * Draws the median step of every cell on a logarithmic scale, with whiskers from p5 to p95 and
 * parity beside the figure. A cell that did not run shows the reason. The cells of a model and
 * batch size form a group.
 *
 * @returns an SVG document
 */
export function benchChart(result: BenchResult, size: ChartSize = { width: 960 }): string {
  const { cells } = result
  const samples = cells.reduce((n, cell) => n + (cell.status === 'ok' ? cell.step.n : 0), 0)
  const unjudged = cells.some((cell) => cell.status === 'ok' && isUnjudged(cell, result.protocol))
  const groups = [...new Set(cells.map(groupTitle))]
  return barChart(
    {
      title: `Training step, median ms (n = ${samples} steps, ${result.protocol.slow === undefined ? '' : 'up to '}${result.protocol.repetitions} ${result.protocol.mode === 'turns' ? 'rounds' : 'processes'} a row)`,
      subtitle: [...caption(result), ...(unjudged ? [unjudgedNote(result.protocol)] : [])],
      axis: { title: 'ms a step, logarithmic; whiskers p5 to p95', log: true },
      groups: groups.map((name) => ({
        name,
        rows: cells.filter((cell) => groupTitle(cell) === name).map((cell) => bar(cell, result)),
      })),
    },
    size,
  )
}

function bar(cell: BenchCell, { protocol }: BenchResult): Bar {
  if (cell.status !== 'ok') {
    return {
      name: engineText(cell),
      label: cell.status,
      note: cell.status === 'unavailable' ? `${cell.reason}; ${cell.hint}` : cell.reason,
    }
  }
  if (!hasSpeed(cell))
    return {
      name: engineText(cell),
      label: 'emulated',
      note: `parity ${parityText(cell.parity)}`,
    }
  const ratio =
    cell.versusBaseline === undefined
      ? ''
      : `${isUnjudged(cell, protocol) ? '? ' : ''}×${significant(cell.versusBaseline.ratio)}; `
  const { medianMs, p5Ms, p95Ms } = cell.step
  return {
    name: engineText(cell),
    value: medianMs,
    interval: [p5Ms, p95Ms],
    label: `${significant(medianMs)} ms`,
    note: `${ratio}parity ${parityText(cell.parity)}`,
  }
}
