import { machineFingerprint } from '../results/bench-environment.js'
import { type BenchBrowser, type BenchCell, type BenchOkCell } from '../results/bench-cell.js'
import { type BenchResult } from '../results/bench-result.js'
import { accuracyTable } from './bench-accuracy-table.js'
import { profileTables, type TableData } from './bench-profile-table.js'
import { benchWarnings } from './bench-warnings.js'
import {
  type Column,
  difference,
  escapeMarkdownLine,
  megabytes,
  percent,
  renderMarkdownTable,
  renderTable,
  type Row,
  significant,
} from '@mnist-lab/report'
import { parityText } from './parity-text.js'

interface CellColumn extends Column {
  readonly value: (cell: BenchOkCell) => string
}

const left = (header: string, value: CellColumn['value']): CellColumn => ({ header, value })
const right = (header: string, value: CellColumn['value']): CellColumn => ({
  header,
  value,
  align: 'right',
})

const NAME: readonly Column[] = [
  { header: 'backend' },
  { header: 'model' },
  { header: 'batch', align: 'right' },
]

/** Ends both tables: no speed without it. */
const PARITY = left('parity', ({ parity }) => parityText(parity))

function stepColumns(baseline: string): readonly CellColumn[] {
  return [
    right('threads', (cell) => String(cell.threads)),
    left('simd', (cell) => cell.simd),
    right('n', ({ step }) => String(step.n)),
    right(
      'ms/step ± MAD',
      ({ step }) => `${significant(step.medianMs)} ± ${significant(step.madMs)}`,
    ),
    right('p5–p95', ({ step }) => `${significant(step.p5Ms)}–${significant(step.p95Ms)}`),
    right(`× vs ${baseline} [95%]`, (cell) => ratioText(cell, baseline)),
    right('images/s', (cell) => significant((cell.batchSize / cell.step.medianMs) * 1000)),
    right('s/epoch', (cell) => significant(cell.epochSeconds)),
    PARITY,
  ]
}

const or = <T>(value: T | undefined, text: (value: T) => string) =>
  value === undefined ? '–' : text(value)

const OTHER_COLUMNS: readonly CellColumn[] = [
  right('load ms', ({ phases }) => or(phases.load?.medianMs, significant)),
  right('open ms', ({ phases }) => or(phases.open?.medianMs, significant)),
  right('compile ms', ({ phases }) => or(phases.compile?.medianMs, significant)),
  right('first step ms', ({ phases }) => or(phases.firstStep?.medianMs, significant)),
  right('evaluate images/s', ({ evaluate }) => or(evaluate?.imagesPerSecond, significant)),
  right('predict one ms (p95)', ({ predictOne }) =>
    or(predictOne, ({ medianMs, p95Ms }) => `${significant(medianMs)} (${significant(p95Ms)})`),
  ),
  right('peak MB', ({ memory }) => or(memory.peakRssBytes, megabytes)),
  right('JS heap MB', ({ memory }) => or(memory.jsHeapBytes, megabytes)),
  right('engine MB', ({ memory }) => or(memory.engineBytes, (bytes) => significant(bytes / 1e6))),
  right('tensors', ({ memory }) => or(memory.tensors, String)),
  PARITY,
]

/**
 * The steady state, then everything around it, as two tables with the machine and the protocol above and what the
 * figures mean below. A cell that did not run is a row with its reason.
 */
export function benchTable(result: BenchResult): string {
  return [
    ...caption(result),
    '',
    ...sections(result, renderTable),
    ...notes(result),
    ...benchWarnings(result),
  ].join('\n')
}

/** {@link benchTable} as Markdown. */
export function benchMarkdown(result: BenchResult): string {
  const list = (lines: readonly string[]) => lines.map((line) => `- ${escapeMarkdownLine(line)}`)
  const tables = sections(result, renderMarkdownTable)
  return [
    '## Benchmark',
    '',
    ...list(caption(result)),
    '',
    ...tables,
    ...list([...notes(result), ...benchWarnings(result)]),
    '',
  ].join('\n')
}

/** The machine, the versions and how it was measured: what a figure means nothing without. */
export function caption({ environment, protocol, status, cells }: BenchResult): string[] {
  const { cpu, cores, memoryBytes, os, arch, node, date, commit } = environment
  const { loadAverageBefore, loadAverageAfter, busyBefore, busyAfter } = environment
  const { repetitions, warmup, budget, seed } = protocol
  const versions = new Map(
    cells.flatMap((cell) => (cell.status === 'ok' ? Object.entries(cell.versions) : [])),
  )
  const steps =
    'steps' in budget
      ? `${budget.steps} steps`
      : `${budget.seconds} s (${budget.minSteps} to ${budget.maxSteps} steps)`
  return [
    [
      `${cpu}, ${cores} cores${memoryBytes === undefined ? '' : `, ${significant(memoryBytes / 2 ** 30)} GiB`}`,
      `${os} ${arch}`,
      ...(node === undefined ? [] : [`Node.js ${node}`]),
      `machine ${machineFingerprint(environment)}`,
    ].join('; '),
    [
      date,
      commit === undefined ? undefined : `commit ${commit}`,
      ...[...versions].map((entry) => entry.join(' ')),
    ]
      .filter((part) => part !== undefined)
      .join(', '),
    `${repetitions} × a fresh process a cell, interleaved; each warms up for ${warmup.seconds} s ` +
      `(${warmup.minSteps} to ${warmup.maxSteps} steps), then is timed for ${steps}; seed ${seed}; ` +
      `load average ${loadAverageBefore[0].toFixed(1)} before, ${loadAverageAfter[0].toFixed(1)} after; cores in use by others ` +
      `${percent(busyBefore)} before, ${percent(busyAfter)} after`,
    ...(status === 'interrupted' ? ['INTERRUPTED: what had finished by then'] : []),
  ]
}

function sections(result: BenchResult, render: typeof renderTable): string[] {
  const { cells, accuracy } = result
  const further = [
    ...profileTables(cells),
    ...(accuracy === undefined ? [] : [accuracyTable(accuracy)]),
  ].flatMap(({ columns, rows }) => [render(columns, rows), ''])
  return [
    ...tablesOf(result).flatMap(({ columns, rows }) => [render(columns, rows), '']),
    ...further,
  ]
}

/** The steady state, and everything around it. */
export function tablesOf({ cells, protocol }: BenchResult): [TableData, TableData] {
  const data = (columns: readonly CellColumn[]) => ({
    columns: [...NAME, ...columns],
    rows: cells.map((cell) => row(cell, columns)),
  })
  return [data(stepColumns(protocol.baseline)), data(OTHER_COLUMNS)]
}

function row(cell: BenchCell, columns: readonly CellColumn[]): Row {
  const name = [cell.backend, cell.model, String(cell.batchSize)] as const
  return cell.status === 'ok'
    ? [...name, ...columns.map(({ value }) => value(cell))]
    : [...name, absence(cell)]
}

/** Why a cell has no figures, in one line. */
export function absence(cell: Exclude<BenchCell, BenchOkCell>): string {
  const hint = cell.status === 'unavailable' ? `; ${cell.hint}` : ''
  return `${cell.status}: ${cell.reason}${hint}`
}

export function ratioText({ backend, versusBaseline }: BenchOkCell, baseline: string): string {
  if (versusBaseline === undefined) return backend === baseline ? '1' : '–'
  const { ratio, low, high, verdict } = versusBaseline
  return `${verdict === 'no difference shown' ? '≈ ' : ''}${significant(ratio)} [${significant(low)}, ${significant(high)}]`
}

function browserText(
  { name, version, crossOriginIsolated, timerResolutionMs }: BenchBrowser,
  { backend, device }: BenchOkCell,
): string {
  return (
    `${backend}: ${name} ${version}, a fresh context a repetition, ${crossOriginIsolated ? '' : 'not '}crossOriginIsolated, ` +
    `clock steps of ${significant(timerResolutionMs)} ms; on ${device}`
  )
}

export function notes({ cells, protocol, overhead }: BenchResult): string[] {
  const { steps, lossTolerance, weightTolerance, gradientTolerance } = protocol.parity
  const { alpha, minEffect } = protocol.comparison
  const references = [
    ...new Set(cells.flatMap((cell) => (cell.status === 'ok' ? [cell.parity.reference] : []))),
  ]
  const browsers = new Set(
    cells.flatMap((cell) =>
      cell.status === 'ok' && cell.browser !== undefined ? [browserText(cell.browser, cell)] : [],
    ),
  )
  const said = new Set(
    cells.flatMap((cell) =>
      cell.status === 'ok' ? cell.notes.map((note) => `${cell.backend}: ${note}`) : [],
    ),
  )
  return [
    `×: median step of ${protocol.baseline} / this one's; interval: bootstrap over processes and steps, ` +
      `this machine and hour only; ≈: no difference shown (Mann–Whitney over processes, p > ${alpha} with all rows, or less than ${percent(minEffect)})`,
    'images/s and s/epoch: from the median step, evaluation not included; ' +
      'peak MB: the whole process, Node.js and data too',
    ...(references.length === 0
      ? []
      : [
          `parity: largest difference to ${references.join(', ')} over the first ${steps} steps; ` +
            `✓ at most ${difference(lossTolerance)} in a loss and ${difference(weightTolerance)} in a weight, ` +
            `and ${difference(gradientTolerance)} of the largest in a gradient and in what the untrained model says`,
        ]),
    ...(overhead.length === 0
      ? []
      : [
          `the app's own share of a step, from a backend that computes nothing: ${overhead
            .map(({ batchSize, medianMs }) => `${significant(medianMs)} ms at batch ${batchSize}`)
            .join(', ')}`,
        ]),
    ...browsers,
    ...said,
  ]
}
