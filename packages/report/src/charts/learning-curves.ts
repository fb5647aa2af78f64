import type { EpochFigures, PassFigures, RunResult } from '@mnist-lab/metrics'
import { CHART_STYLE, PALETTE, renderSvg } from './svg.js'

const WIDTH = 960
const HEIGHT = 440
/** A shape a run, so that black-and-white print tells them apart too. */
const SYMBOLS = ['circle', 'rect', 'triangle', 'diamond'] as const

/**
 * Accuracy and mean loss an epoch, side by side; a colour and a symbol a run, training dashed, validation solid.
 *
 * @param runs at least one
 * @returns an SVG document
 */
export function learningCurves(runs: readonly RunResult[]): string {
  const panels = [
    { name: 'accuracy', figure: (pass: PassFigures) => pass.accuracy },
    { name: 'mean loss', figure: (pass: PassFigures) => pass.loss },
  ]
  const names = runs.map((run, at) =>
    `${run.model.name}, ${run.backend.backend}, seed ${run.plan.seed}${repeated(runs, at)}`)
  const axis = {
    nameLocation: 'middle', axisLabel: { color: '#222222' }, splitLine: { lineStyle: { color: '#dddddd' } },
  }
  const last = Math.max(...runs.map((run) => run.epochs.length))
  return renderSvg({
    ...CHART_STYLE,
    title: { text: 'Learning curves', left: 12, top: 8, textStyle: { fontSize: 15 } },
    legend: {
      top: 36, left: 12, itemGap: 28, itemWidth: 36,
      data: names.flatMap((name) => [`${name}: train`, `${name}: validation`]),
    },
    grid: [
      { left: 64, width: 388, top: 110, bottom: 56 },
      { left: 540, width: 388, top: 110, bottom: 56 },
    ],
    xAxis: panels.map((_, gridIndex) => ({
      ...axis, gridIndex, type: 'value', name: 'epoch', nameGap: 28, min: 1, max: Math.max(last, 2), minInterval: 1,
    })),
    yAxis: panels.map(({ name }, gridIndex) => ({ ...axis, gridIndex, type: 'value', name, nameGap: 44, scale: true })),
    series: panels.flatMap(({ figure }, panel) => runs.flatMap((run, at) =>
      (['train', 'validation'] as const).map((pass) => ({
        type: 'line', name: `${names[at]!}: ${pass}`, xAxisIndex: panel, yAxisIndex: panel,
        color: PALETTE[at % PALETTE.length]!, symbol: SYMBOLS[at % SYMBOLS.length]!, symbolSize: 6,
        lineStyle: { width: 2, type: pass === 'train' ? 'dashed' : 'solid' },
        data: run.epochs.flatMap((epoch) => point(epoch, epoch[pass], figure)),
      })))),
  }, WIDTH, HEIGHT)
}

/** ` (2)` for the second run of the same name: a legend joins series that are called the same. */
function repeated(runs: readonly RunResult[], at: number): string {
  const key = ({ model, backend, plan }: RunResult) => JSON.stringify([model.name, backend.backend, plan.seed])
  const before = runs.slice(0, at).filter((run) => key(run) === key(runs[at]!)).length
  return before === 0 ? '' : ` (${before + 1})`
}

function point(
  { epoch }: EpochFigures, pass: PassFigures | undefined, figure: (pass: PassFigures) => number,
): [number, number][] {
  return pass === undefined ? [] : [[epoch, figure(pass)]]
}
