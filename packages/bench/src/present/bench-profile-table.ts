import { STEP_PHASES } from '../results/bench-profile.js'
import { type BenchCell, type BenchOkCell } from '../results/bench-cell.js'
import { parityText } from './parity-text.js'
import { type Column, percent, type Row, significant } from '@mnist-lab/report'

export interface TableData {
  readonly columns: readonly Column[]
  readonly rows: readonly Row[]
}

/** Kernels beyond these are summed up. */
const SHOWN = 14

/** `fused lenet5, batch 32`; the threads where they were asked for. */
export function cellTitle({
  backend,
  model,
  batchSize,
  askedThreads,
}: Pick<BenchCell, 'backend' | 'model' | 'batchSize' | 'askedThreads'>): string {
  const threads =
    askedThreads === undefined ? '' : `, ${askedThreads} thread${askedThreads === 1 ? '' : 's'}`
  return `${backend} ${model}, batch ${batchSize}${threads}`
}

/** Where a step's time goes: the phases of all cells that have a profile, then each one's kernels. */
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

function phaseTable(cells: readonly BenchOkCell[]): TableData {
  return {
    columns: [
      { header: 'ms a step, profiled' },
      ...STEP_PHASES.map((header) => ({ header, align: 'right' as const })),
      { header: 'profiled step', align: 'right' },
      { header: 'timed step', align: 'right' },
      { header: 'parity' },
    ],
    rows: cells.map((cell) => {
      const { phases, stepMs } = cell.profile!
      const total = phases.reduce((sum, { ms }) => sum + ms, 0)
      return [
        cellTitle(cell),
        ...STEP_PHASES.map((name) => {
          const found = phases.find(({ phase }) => phase === name)
          return found === undefined
            ? '–'
            : `${significant(found.ms)} (${percent(found.ms / total)})`
        }),
        significant(stepMs),
        significant(cell.step.medianMs),
        parityText(cell.parity),
      ]
    }),
  }
}

function kernelTable(cell: BenchOkCell): TableData {
  const { kernels, phases } = cell.profile!
  const total = phases.reduce((sum, { ms }) => sum + ms, 0)
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
          percent(ms / total),
        ]),
      ...(rest.length === 0
        ? []
        : [[`${rest.length} more`, '', '', significant(restMs), percent(restMs / total)]]),
    ],
  }
}
