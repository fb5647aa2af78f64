import type { BenchOkCell } from '../results/bench-cell.js'
import type { TensorDelta } from '../results/bench-parity.js'
import { cellTitle, type TableData } from './bench-profile-table.js'
import { type Column, difference, megabytes, significant } from '@mnist-lab/report'
import { parityText } from './parity-text.js'
import { groupTitle, rowTitle } from './bench-charts.js'

const right = (header: string): Column => ({ header, align: 'right' })
const relative = (delta: TensorDelta | undefined) =>
  delta === undefined ? '–' : difference(delta.relative)

/** All cells in one table, then the parameters, layer by layer, cells of a model and batch size beside each other. */
export function parityTables(
  cells: readonly BenchOkCell[],
): (TableData & { readonly about: string })[] {
  const whole = {
    about: 'Losses, weights, and inference alone.',
    columns: [
      { header: 'cell' },
      { header: 'reference' },
      right('steps'),
      { header: 'losses and weights' },
      right("untrained model's outputs, relative"),
      { header: 'first that diverges' },
    ],
    rows: cells.map((cell) => {
      const { reference, steps, forward, firstDivergence } = cell.parity
      const first =
        firstDivergence === undefined
          ? '–'
          : `layer ${firstDivergence.layer}, ${firstDivergence.pass}, ${difference(firstDivergence.relative)}`
      return [
        cellTitle(cell),
        reference,
        String(steps),
        parityText(cell.parity),
        relative(forward),
        first,
      ]
    }),
  }
  const traced = cells.filter(({ parity }) => parity.layers.length > 0)
  const groups = [...new Set(traced.map(groupTitle))].map((name) => {
    const group = traced.filter((cell) => groupTitle(cell) === name)
    return {
      about: `${name}: largest difference of a gradient of the first step, relative / of a weight after ${group[0]!.parity.steps} steps.`,
      columns: [{ header: 'parameter' }, ...group.map((cell) => right(rowTitle(cell)))],
      rows: group[0]!.parity.layers.map((layer, at) => [
        layer.name,
        ...group.map(({ parity: { layers } }) => {
          const { gradient, weight } = layers[at]!
          return `${relative(gradient)} / ${difference(weight.maxDelta)}`
        }),
      ]),
    }
  })
  return [whole, ...groups]
}

export function memoryTable(cells: readonly BenchOkCell[]): TableData {
  const mega = (bytes: number | undefined) => (bytes === undefined ? '–' : megabytes(bytes))
  return {
    columns: [
      { header: 'cell' },
      right('peak resident MB'),
      right('JS heap MB'),
      right('held outside the heap MB'),
      right('engine MB'),
      right('tensors'),
      right('tensor MB'),
      { header: 'growth over the timed steps' },
    ],
    rows: cells.map((cell) => {
      const {
        peakRssBytes,
        jsHeapBytes,
        jsExternalBytes,
        engineBytes,
        tensors,
        tensorBytes,
        leak,
      } = cell.memory
      const growth =
        leak === undefined
          ? '–'
          : leak.marked
            ? `⚠ ${leak.tensors} tensors, engine ${mega(leak.engineBytes)} MB, JavaScript ${mega(leak.jsBytes)} MB over ${leak.steps} steps`
            : `none that matters (JavaScript ${significant(leak.jsBytes / leak.steps)} B a step)`
      return [
        cellTitle(cell),
        mega(peakRssBytes),
        mega(jsHeapBytes),
        mega(jsExternalBytes),
        engineBytes === undefined ? '–' : significant(engineBytes / 1e6),
        tensors === undefined ? '–' : String(tensors),
        tensorBytes === undefined ? '–' : significant(tensorBytes / 1e6),
        growth,
      ]
    }),
  }
}
