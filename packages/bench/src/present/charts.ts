import { timingStatistics } from '@mnist-lab/metrics'
import { percent, significant } from '@mnist-lab/report'
import {
  type Bar,
  barChart,
  type ChartSize,
  distributionChart,
  lineChart,
  type LineSeries,
  type Point,
  type RowGroup,
  scalingChart,
  stackedBarChart,
} from '@mnist-lab/report/charts'
import { type BenchOkCell, countedSamples, hasSpeed, STEP_PHASES } from '../results/cell-schema.js'
import { engineText } from '../protocol/engine-name.js'
import type { BenchAccuracy, BenchResult } from '../results/result-schema.js'
import { profiledStep } from './detail-tables.js'
import { cellTitle, groupTitle, isUnjudged, type NamedResult } from './cell-text.js'

type Cell = BenchOkCell

function grouped<R extends { readonly name: string }>(
  cells: readonly Cell[],
  row: (cell: Cell) => R,
): RowGroup<R>[] {
  const names = [...new Set(cells.map(groupTitle))]
  return names.map((name) => ({
    name,
    rows: cells.filter((cell) => groupTitle(cell) === name).map(row),
  }))
}

/** Draws the median step of every cell, with the results side by side. */
export function overviewChart(results: readonly NamedResult[], size?: ChartSize): string {
  const ok = results.map(({ name, result }) => ({
    name,
    cells: result.cells.filter((cell): cell is Cell => cell.status === 'ok' && hasSpeed(cell)),
  }))
  const titles = [...new Set(ok.flatMap(({ cells }) => cells.map(cellTitle)))]
  return barChart(
    {
      title: 'Training step, median ms',
      axis: { title: 'ms a step, logarithmic; whiskers p5 to p95', log: true },
      groups: titles.map((title) => ({
        name: title,
        rows: ok.flatMap(({ name, cells }) =>
          cells
            .filter((cell) => cellTitle(cell) === title)
            .map(({ step }): Bar => ({
              name,
              value: step.medianMs,
              interval: [step.p5Ms, step.p95Ms],
              label: `${significant(step.medianMs)} ms`,
            })),
        ),
      })),
    },
    size,
  )
}

/** Draws how many times as fast as the baseline each cell is. */
export function ratioChart({ cells, protocol }: BenchResult, size?: ChartSize): string {
  const { baseline } = protocol
  const compared = cells.filter(
    (cell): cell is Cell => cell.status === 'ok' && cell.versusBaseline !== undefined,
  )
  return barChart(
    {
      title: `Times as fast as ${baseline}`,
      axis: { title: `× ${baseline}, logarithmic; above 1 is faster`, log: true },
      mark: 1,
      groups: grouped(compared, (cell): Bar => {
        const { ratio, low, high, verdict } = cell.versusBaseline!
        if (isUnjudged(cell, protocol))
          return {
            name: engineText(cell),
            value: ratio,
            label: `? × ${significant(ratio)}`,
            note: `too few ${protocol.mode === 'turns' ? 'rounds' : 'undisturbed processes'} to judge`,
          }
        return {
          name: engineText(cell),
          value: ratio,
          interval: [low, high],
          label: `× ${significant(ratio)}`,
          note: `[${significant(low)}, ${significant(high)}]${verdict === 'no difference shown' ? ', no difference shown' : ''}`,
        }
      }),
    },
    size,
  )
}

/** Draws the distribution of the timed steps of each cell. */
export function distributionChartOf(cells: readonly Cell[], size?: ChartSize): string {
  return distributionChart(
    {
      title: 'Timed steps',
      axis: { title: 'ms a step, logarithmic; box: quartiles, whiskers p5 to p95', log: true },
      groups: grouped(cells, (cell) => ({
        name: engineText(cell),
        samples: countedSamples(cell).flat(),
        label: `n = ${cell.step.n}`,
      })),
    },
    size,
  )
}

/**
 * Draws the median of each process against the order in which the processes ran, one line for each
 * cell.
 */
export function driftChart(cells: readonly Cell[], size?: ChartSize): string {
  const series = cells.map((cell): LineSeries => {
    const median = timingStatistics(cell.repetitions.map(({ medianMs }) => medianMs)).medianMs
    return {
      name: cellTitle(cell),
      points: cell.repetitions.map(({ order, medianMs }): Point => [order + 1, medianMs / median]),
    }
  })
  return lineChart(
    {
      title: "Median of each process / median of the cell's processes",
      x: { title: 'place in the order of all processes' },
      y: { title: "× the cell's median" },
      series,
    },
    size,
  )
}

/** Draws the phases of a step as shares of it. */
export function phasesChart(cells: readonly Cell[], size?: ChartSize): string {
  return stackedBarChart(
    {
      title: 'Phases of a training step',
      axis: { title: '% of a step, profiled', max: 100 },
      parts: [...STEP_PHASES, 'not in any phase'],
      groups: grouped(cells, (cell) => {
        const { phases } = cell.profile!
        const { stepMs, outsideMs } = profiledStep(cell.profile!)
        const outside = Math.max(0, outsideMs)
        const total = phases.reduce((sum, { ms }) => sum + ms, outside)
        // The bars show shares, because a bar in milliseconds would be too short to see next to an
        // engine that is a hundred times slower.
        const times = STEP_PHASES.map((name) => phases.find(({ phase }) => phase === name)?.ms ?? 0)
        const values = [...times, outside].map((ms) => (100 * ms) / total)
        return { name: engineText(cell), values, label: `${significant(stepMs)} ms` }
      }),
    },
    size,
  )
}

/** Draws the time of predicting one image. */
export function predictChart(cells: readonly Cell[], size?: ChartSize): string {
  return barChart(
    {
      title: 'Prediction of one image, median ms',
      axis: { title: 'ms, logarithmic; whisker to p95', log: true },
      groups: grouped(
        cells.filter(({ predictOne }) => predictOne !== undefined),
        (cell): Bar => {
          const { medianMs, p95Ms } = cell.predictOne!
          return {
            name: engineText(cell),
            value: medianMs,
            interval: [medianMs, p95Ms],
            label: `${significant(medianMs)} ms`,
          }
        },
      ),
    },
    size,
  )
}

/** A chart over batch sizes or over threads. */
export interface ScalingFigure {
  readonly name: string
  readonly what: string
  readonly draw: (size?: ChartSize) => string
}

/**
 * Returns charts of images per second and of milliseconds per step, over batch sizes and over
 * threads, if there are several.
 */
export function scalingCharts(cells: readonly Cell[]): ScalingFigure[] {
  const over = [
    {
      name: 'batch',
      title: 'images a step',
      of: (cell: Cell) => cell.batchSize,
      rest: (cell: Cell) => `${engineText(cell)} ${cell.model}`,
    },
    {
      name: 'threads',
      title: 'threads',
      of: (cell: Cell) => cell.threads,
      rest: (cell: Cell) => `${cell.backend} ${groupTitle(cell)}`,
    },
  ]
  const figures = [
    {
      name: 'throughput',
      title: 'images/s',
      of: ({ batchSize }: Cell, ms: number) => (1000 * batchSize) / ms,
    },
    { name: 'step', title: 'ms/step', of: (_: Cell, ms: number) => ms },
  ]
  return over.flatMap(({ name: axis, title: x, of, rest }) => {
    const names = [...new Set(cells.map(rest))]
    const lines = names
      .map((name) => ({ name, line: cells.filter((cell) => rest(cell) === name) }))
      .filter(({ line }) => new Set(line.map(of)).size > 1)
    if (lines.length === 0) return []
    return figures.map(({ name, title, of: figure }): ScalingFigure => ({
      name: `scaling-${axis}-${name}`,
      what: `${title} by ${x}: the median over processes, the area from the fastest process to the slowest.`,
      draw: (size) =>
        scalingChart(
          {
            title: `${title} by ${x}`,
            x: { title: x },
            y: { title },
            bandName: 'fastest to slowest process',
            series: lines.map(({ name, line }): LineSeries => {
              const points = [...line].sort((a, b) => of(a) - of(b))
              const medians = (cell: Cell) =>
                countedSamples(cell).map((steps) => timingStatistics(steps).medianMs)
              return {
                name,
                points: points.map((cell): Point => [of(cell), figure(cell, cell.step.medianMs)]),
                band: points.map((cell) => {
                  const ends = [Math.min(...medians(cell)), Math.max(...medians(cell))]
                    .map((ms) => figure(cell, ms))
                    .sort((a, b) => a - b)
                  return [of(cell), ends[0]!, ends[1]!] as const
                }),
              }
            }),
          },
          size,
        ),
    }))
  })
}

/** Draws the test accuracy over seconds of training. */
export function accuracyChart({ cells, target }: BenchAccuracy, size?: ChartSize): string {
  const series = cells.flatMap((cell): LineSeries[] => {
    if (cell.status !== 'ok') return []
    const secondsAnEpoch = timingStatistics(
      cell.runs.map(({ trainSeconds, accuracies }) => trainSeconds / accuracies.length),
    ).medianMs
    const epochs = Math.min(...cell.runs.map(({ accuracies }) => accuracies.length))
    const at = (epoch: number) =>
      timingStatistics(cell.runs.map(({ accuracies }) => accuracies[epoch]!))
    const all = Array.from({ length: epochs }, (_, epoch) => ({
      x: secondsAnEpoch * (epoch + 1),
      ...at(epoch),
    }))
    return [
      {
        name: cellTitle(cell),
        points: all.map(({ x, medianMs }): Point => [x, medianMs]),
        band: all.map(({ x, minMs, maxMs }) => [x, minMs, maxMs] as const),
      },
    ]
  })
  return lineChart(
    {
      title: `Test accuracy, to ${percent(target)}`,
      x: { title: 'seconds of training', min: 0 },
      y: { title: 'test accuracy' },
      series,
      bandName: 'all seeds',
    },
    size,
  )
}
