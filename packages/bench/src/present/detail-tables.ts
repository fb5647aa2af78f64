import { type Column, difference, megabytes, percent, significant } from '@mnist-lab/report'
import {
  type BenchCell,
  type BenchOkCell,
  type BenchProfile,
  STEP_PHASES,
  type TensorDelta,
} from '../results/cell-schema.js'
import { type AccuracyCell, type BenchAccuracy, meanAndSpread } from '../results/result-schema.js'
import { engineText } from '../protocol/engine-name.js'
import { cellTitle, groupTitle, parityText, type TableData } from './cell-text.js'

/** The number of kernels that have rows of their own; the others are summed up. */
const SHOWN = 14

/**
 * Returns the times of the phases of all cells with a profile, then those of the kernels of each
 * cell.
 */
export function profileTables(cells: readonly BenchCell[]): TableData[] {
  const profiled = cells.filter(
    (cell): cell is BenchOkCell => cell.status === 'ok' && cell.profile !== undefined,
  )
  if (profiled.length === 0) return []
  return [
    phaseTable(profiled),
    ...profiled.filter(({ profile }) => profile!.kernels.length > 0).map(kernelTable),
  ]
}

/** The name of the time of a step that no phase covers. */
const NOT_IN_A_PHASE = '(not in any phase)'

/**
 * Returns the mean step of a profile, and how much of it no phase covers. In older files the step
 * is the median, so that the rest can be below 0.
 */
export function profiledStep({ phases, stepMs, meanStepMs = stepMs }: BenchProfile): {
  readonly stepMs: number
  readonly outsideMs: number
} {
  const inside = phases.reduce((sum, { ms }) => sum + ms, 0)
  return { stepMs: meanStepMs, outsideMs: meanStepMs - inside }
}

function phaseTable(cells: readonly BenchOkCell[]): TableData {
  return {
    columns: [
      { header: 'ms a step, profiled' },
      ...STEP_PHASES.map((header) => ({ header, align: 'right' as const })),
      { header: NOT_IN_A_PHASE, align: 'right' },
      { header: 'profiled step', align: 'right' },
      { header: 'timed step', align: 'right' },
      { header: 'parity' },
    ],
    rows: cells.map((cell) => {
      const { phases } = cell.profile!
      const { stepMs, outsideMs } = profiledStep(cell.profile!)
      return [
        cellTitle(cell),
        ...STEP_PHASES.map((name) => {
          const found = phases.find(({ phase }) => phase === name)
          return found === undefined
            ? '–'
            : `${significant(found.ms)} (${percent(found.ms / stepMs)})`
        }),
        `${significant(outsideMs)} (${percent(outsideMs / stepMs)})`,
        significant(stepMs),
        significant(cell.step.medianMs),
        parityText(cell.parity),
      ]
    }),
  }
}

function kernelTable(cell: BenchOkCell): TableData {
  const { kernels } = cell.profile!
  const { stepMs, outsideMs } = profiledStep(cell.profile!)
  const rest = kernels.slice(SHOWN)
  const restMs = rest.reduce((sum, { ms }) => sum + ms, 0)
  return {
    columns: [
      { header: cellTitle(cell) },
      { header: 'phase' },
      { header: 'calls a step', align: 'right' },
      { header: 'ms a step', align: 'right' },
      { header: 'share', align: 'right' },
    ],
    rows: [
      ...kernels
        .slice(0, SHOWN)
        .map(({ name, phase, calls, ms }) => [
          name,
          phase,
          calls === 0 ? '–' : significant(calls),
          significant(ms),
          percent(ms / stepMs),
        ]),
      ...(rest.length === 0
        ? []
        : [[`${rest.length} more`, '', '', significant(restMs), percent(restMs / stepMs)]]),
      [NOT_IN_A_PHASE, '', '', significant(outsideMs), percent(outsideMs / stepMs)],
    ],
  }
}

/**
 * Returns the seconds and epochs until the accuracy held: mean ± standard deviation over the seeds
 * that reached it.
 */
export function accuracyTable({ target, maxEpochs, cells }: BenchAccuracy): TableData {
  return {
    columns: [
      { header: `to ${percent(target)} test accuracy` },
      { header: 'threads', align: 'right' },
      { header: 'seeds', align: 'right' },
      { header: 'seconds ± sd', align: 'right' },
      { header: 'least–most', align: 'right' },
      { header: 'epochs ± sd', align: 'right' },
      { header: 'accuracy then', align: 'right' },
      { header: 'parity' },
    ],
    rows: cells.map((cell) => row(cell, maxEpochs)),
  }
}

function row(cell: AccuracyCell, maxEpochs: number): string[] {
  if (cell.status === 'failed') return [cellTitle(cell), `failed: ${cell.reason}`]
  const { runs, threads, parity } = cell
  const reached = runs.filter(({ epochs }) => epochs !== undefined)
  const seeds =
    reached.length === runs.length ? String(runs.length) : `${reached.length} of ${runs.length}`
  if (reached.length === 0) {
    const best = Math.max(...runs.flatMap(({ accuracies }) => accuracies))
    return [
      cellTitle(cell),
      String(threads),
      seeds,
      `not within ${maxEpochs} epochs; best ${percent(best)}`,
    ]
  }
  const seconds = meanAndSpread(reached.map((run) => run.seconds!))
  const epochs = meanAndSpread(reached.map((run) => run.epochs!))
  const accuracy = meanAndSpread(reached.map((run) => run.accuracies[run.epochs! - 1]!))
  return [
    cellTitle(cell),
    String(threads),
    seeds,
    `${significant(seconds.mean)} ± ${significant(seconds.deviation)}`,
    `${significant(seconds.min)}–${significant(seconds.max)}`,
    `${significant(epochs.mean)} ± ${significant(epochs.deviation)}`,
    accuracy.mean.toFixed(4),
    parityText(parity),
  ]
}

const right = (header: string): Column => ({ header, align: 'right' })
const relative = (delta: TensorDelta | undefined) =>
  delta === undefined ? '–' : difference(delta.relative)

/**
 * Returns the parity of all cells, then of each parameter, with the cells of a model and batch size
 * side by side.
 */
export function parityTables(
  cells: readonly BenchOkCell[],
): (TableData & { readonly about: string })[] {
  const whole = {
    about: 'Losses and weights, and the outputs of the untrained model.',
    columns: [
      { header: 'cell' },
      { header: 'reference' },
      right('steps'),
      { header: 'losses and weights' },
      right("untrained model's outputs, relative"),
      { header: 'first layer that differs' },
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
      columns: [{ header: 'parameter' }, ...group.map((cell) => right(engineText(cell)))],
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

/** Returns the memory of all cells. */
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
