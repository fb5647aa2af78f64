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
import {
  DEFAULT_RUNTIME,
  engineText,
  parseEngineName,
  splitRuntime,
} from '../protocol/engine-name.js'
import {
  type BenchBrowser,
  type BenchCell,
  type BenchOkCell,
  hasSpeed,
} from '../results/cell-schema.js'
import { machineFingerprint } from '../results/environment.js'
import type { BenchProtocol, BenchResult } from '../results/result-schema.js'
import {
  absence,
  counted,
  isUnjudged,
  parityText,
  ratioText,
  type TableData,
  unjudgedNote,
} from './cell-text.js'
import { accuracyTable, profileTables } from './detail-tables.js'
import { benchWarnings } from './warnings.js'

/** Stands for each time of an emulated processor. */
const EMULATED = 'emulated'

interface CellColumn extends Column {
  readonly value: (cell: BenchOkCell) => string
}

const left = (header: string, value: CellColumn['value']): CellColumn => ({ header, value })
const right = (header: string, value: CellColumn['value']): CellColumn => ({
  header,
  value,
  align: 'right',
})

/** A column of a time or of what follows from one. */
const time = (header: string, value: CellColumn['value']): CellColumn =>
  right(header, (cell) => (hasSpeed(cell) ? value(cell) : EMULATED))

const NAME: readonly Column[] = [
  { header: 'engine' },
  { header: 'model' },
  { header: 'batch', align: 'right' },
]

/** The last column of every table. Every timing comes with a check of correctness. */
const PARITY = left('parity', ({ parity }) => parityText(parity))

/** The first table: the timed steps. */
const stepColumns = (protocol: BenchProtocol): readonly CellColumn[] => [
  time('ms/step', ({ step }) => significant(step.medianMs)),
  time('p5–p95', ({ step }) => `${significant(step.p5Ms)}–${significant(step.p95Ms)}`),
  time(`× vs ${protocol.baseline} [95%]`, (cell) => ratioText(cell, protocol)),
  PARITY,
]

/** The second table: more about the timed steps. */
const MORE_STEP_COLUMNS: readonly CellColumn[] = [
  right('threads', (cell) => String(cell.threads)),
  left('simd', (cell) => cell.simd),
  right('n', ({ step }) => String(step.n)),
  time('ms/step ± MAD', ({ step }) => `${significant(step.medianMs)} ± ${significant(step.madMs)}`),
  time('images/s', (cell) => significant((cell.batchSize / cell.step.medianMs) * 1000)),
  time('s/epoch', (cell) => significant(cell.epochSeconds)),
  PARITY,
]

const NOT_TOLD = '–'
const or = <T>(value: T | undefined, text: (value: T) => string) =>
  value === undefined ? NOT_TOLD : text(value)

/** The third table: everything but the timed steps. */
const PHASE_AND_MEMORY_COLUMNS: readonly CellColumn[] = [
  right('load ms', ({ phases }) => or(phases.load?.medianMs, significant)),
  time('open ms', ({ phases }) => or(phases.open?.medianMs, significant)),
  time('compile ms', ({ phases }) => or(phases.compile?.medianMs, significant)),
  time('first step ms', ({ phases }) => or(phases.firstStep?.medianMs, significant)),
  time('evaluate images/s', ({ evaluate }) => or(evaluate?.imagesPerSecond, significant)),
  time('predict one ms (p95)', ({ predictOne }) =>
    or(predictOne, ({ medianMs, p95Ms }) => `${significant(medianMs)} (${significant(p95Ms)})`),
  ),
  right('peak MB', ({ memory }) => or(memory.peakRssBytes, megabytes)),
  right('JS heap MB', ({ memory }) => or(memory.jsHeapBytes, megabytes)),
  right('engine MB', ({ memory }) => or(memory.engineBytes, (bytes) => significant(bytes / 1e6))),
  right('tensors', ({ memory }) => or(memory.tensors, String)),
  PARITY,
]

/** The table of runtimes, where a bench has several. */
const RUNTIME_COLUMNS: readonly CellColumn[] = [
  left('runtime', runtimeText),
  time('ms/step', ({ step }) => significant(step.medianMs)),
  left('clock', ({ runtime }) => runtime?.clock ?? 'own'),
  left('bits', ({ bits }) => bits ?? NOT_TOLD),
  right('code KB', ({ codeBytes }) => or(codeBytes, (bytes) => significant(bytes / 1000))),
  time('start-up ms', ({ phases }) => or(phases.startUp?.medianMs, significant)),
  right('peak MB', ({ memory }) => or(memory.peakRssBytes, megabytes)),
  PARITY,
]

/** Returns the name and the version of the runtime that a cell ran in. */
function runtimeText({ runtime, browser }: BenchOkCell): string {
  const { name, version } = runtime ?? browser ?? { name: 'this Node.js', version: '' }
  return `${name} ${version}`.trim()
}

/**
 * Returns a result as text. First come the machine and the protocol, then a table of the timed
 * steps with the meaning of its columns, then tables of everything else. A cell that did not run is
 * a row with its reason.
 *
 * @param width the columns of the terminal. Default: no limit
 */
export function benchTable(result: BenchResult, width = Infinity): string {
  const { steps, further } = tablesOf(result)
  const text = ({ columns, rows, keys = 1 }: TableData) =>
    renderTable(columns, rows, { width, keys })
  return [
    ...caption(result),
    '',
    text(steps),
    '',
    ...stepNotes(result),
    '',
    ...allFurther(result, further).flatMap((table) => [text(table), '']),
    ...furtherNotes(result),
    ...benchWarnings(result),
  ].join('\n')
}

/** Returns the same as {@link benchTable}, as Markdown. */
export function benchMarkdown(result: BenchResult): string {
  const { steps, further } = tablesOf(result)
  const list = (lines: readonly string[]) => lines.map((line) => `- ${escapeMarkdownLine(line)}`)
  const text = ({ columns, rows }: TableData) => renderMarkdownTable(columns, rows)
  return [
    '## Benchmark',
    '',
    ...list(caption(result)),
    '',
    text(steps),
    '',
    ...list(stepNotes(result)),
    '',
    ...allFurther(result, further).flatMap((table) => [text(table), '']),
    ...list([...furtherNotes(result), ...benchWarnings(result)]),
    '',
  ].join('\n')
}

/**
 * Returns lines about the machine, the versions and the protocol, which every figure depends on.
 */
export function caption({ environment, protocol, status, cells }: BenchResult): string[] {
  const { cpu, cores, memoryBytes, os, arch, node, runtime, date, commit } = environment
  // Files of earlier versions have no runtime, and a page has neither.
  const program = node === undefined ? runtime : { name: 'Node.js', version: node }
  const versions = new Map(
    cells.flatMap((cell) => (cell.status === 'ok' ? Object.entries(cell.versions) : [])),
  )
  const { loadAverageBefore, loadAverageAfter, busyBefore, busyAfter } = environment
  const load =
    `load average ${loadAverageBefore[0].toFixed(1)} before, ${loadAverageAfter[0].toFixed(1)} after; cores in use by others ` +
    `${percent(busyBefore)} before, ${percent(busyAfter)} after`
  return [
    [
      `${cpu}, ${cores} cores${memoryBytes === undefined ? '' : `, ${significant(memoryBytes / 2 ** 30)} GiB`}`,
      `${os} ${arch}`,
      ...(program === undefined ? [] : [`${program.name} ${program.version}`]),
      `machine ${machineFingerprint(environment)}`,
    ].join('; '),
    [
      date,
      commit === undefined ? undefined : `commit ${commit}`,
      ...[...versions].map((entry) => entry.join(' ')),
    ]
      .filter((part) => part !== undefined)
      .join(', '),
    `${protocolText(protocol)}; seed ${protocol.seed}; ${load}`,
    ...(status === 'interrupted'
      ? ['INTERRUPTED: the figures are of what had finished by then']
      : []),
  ]
}

function protocolText({ mode, repetitions, warmup, turn, budget, slow }: BenchProtocol): string {
  const steps = (budget: { minSteps: number; maxSteps?: number | undefined }) =>
    budget.maxSteps === undefined
      ? `at least ${budget.minSteps} steps`
      : `${budget.minSteps} to ${budget.maxSteps} steps`
  const timed =
    'steps' in budget ? `${budget.steps} steps` : `${budget.seconds} s (${steps(budget)})`
  if (mode === 'fresh')
    return (
      `${repetitions} × a fresh process a cell, in shuffled order; each warms up for ${warmup.seconds} s ` +
      `(${steps(warmup)}), then is timed for ${timed}` +
      (slow === undefined
        ? ''
        : `; in ${slow.runtimes.join(', ')} at most ${slow.repetitions} processes, and ${slow.steps} timed steps of each`)
    )
  return (
    `${counted(repetitions, 'round')} of turns in shuffled order; each engine has one process, which warms up for ${warmup.seconds} s, ` +
    `then in each round for ${turn?.warmup.seconds ?? 0} s, and is timed for ${timed}`
  )
}

/**
 * Returns the table of the timed steps, and the tables of everything else. A table that would be
 * empty is left out.
 */
export function tablesOf({ cells, protocol }: BenchResult): {
  readonly steps: TableData
  readonly further: readonly TableData[]
} {
  const data = (columns: readonly CellColumn[]): TableData => ({
    columns: [...NAME, ...columns],
    rows: cells.map((cell) => row(cell, columns)),
    keys: NAME.length,
  })
  const measured = cells.filter((cell) => cell.status === 'ok')
  const runtimes = new Set(cells.map(({ backend }) => splitRuntime(backend).runtime))
  const told = PHASE_AND_MEMORY_COLUMNS.slice(0, -1).some(({ value }) =>
    measured.some((cell) => value(cell) !== NOT_TOLD),
  )
  return {
    steps: data(stepColumns(protocol)),
    further: [
      ...([...runtimes].some((runtime) => runtime !== DEFAULT_RUNTIME)
        ? [data(RUNTIME_COLUMNS)]
        : []),
      data(MORE_STEP_COLUMNS),
      ...(told ? [data(PHASE_AND_MEMORY_COLUMNS)] : []),
    ],
  }
}

function allFurther(
  { cells, accuracy }: BenchResult,
  further: readonly TableData[],
): readonly TableData[] {
  return [
    ...further,
    ...profileTables(cells),
    ...(accuracy === undefined ? [] : [accuracyTable(accuracy)]),
  ]
}

function row(cell: BenchCell, columns: readonly CellColumn[]): Row {
  const name = [engineText(cell), cell.model, String(cell.batchSize)] as const
  return cell.status === 'ok'
    ? [...name, ...columns.map(({ value }) => value(cell))]
    : [...name, absence(cell)]
}

/** Returns the meaning of the columns of the table of timed steps. */
export function stepNotes(result: BenchResult): string[] {
  const { cells, protocol } = result
  const turns = protocol.mode === 'turns'
  const median = turns ? 'median over the rounds, of the median of each round' : 'median'
  return [
    `ms/step: the time of a training step, from choosing the samples to updated weights and a read loss (${median}); p5–p95: 90% of the steps lie between the two`,
    baselineNote(protocol),
    ...(cells.some((cell) => cell.status === 'ok' && isUnjudged(cell, protocol))
      ? [unjudgedNote(protocol)]
      : []),
    ...(cells.some((cell) => cell.status === 'ok') ? [parityNote(result)] : []),
  ]
}

function baselineNote({ mode, baseline, comparison }: BenchProtocol): string {
  const what =
    parseEngineName(baseline)?.backend === 'cpu'
      ? `${baseline} (TensorFlow.js in pure JavaScript with our training kernels)`
      : `${baseline} (the first engine of this bench${mode === 'turns' ? '' : ', which has no cpu'})`
  const interval =
    mode === 'turns'
      ? 'ratios of the same round, bootstrap over rounds; it says nothing about another process'
      : 'bootstrap over processes and steps; it holds for this machine and this hour'
  const same =
    comparison === undefined
      ? ''
      : `; ≈: no difference is shown (Mann–Whitney test over processes with p > ${comparison.alpha} for all rows together, or less than ${percent(comparison.minEffect)})`
  return `× vs ${baseline}: how many times as fast as ${what}; above 1 is faster; [95%]: its interval, ${interval}${same}`
}

function parityNote({ cells, protocol: { mode, parity } }: BenchResult): string {
  const { steps, lossTolerance, weightTolerance, gradientTolerance } = parity
  const references = [
    ...new Set(cells.flatMap((cell) => (cell.status === 'ok' ? [cell.parity.reference] : []))),
  ]
  const limits = [
    `${difference(lossTolerance)} in a loss`,
    ...(weightTolerance === undefined ? [] : [`${difference(weightTolerance)} in a weight`]),
    ...(gradientTolerance === undefined
      ? []
      : [
          `${difference(gradientTolerance)} of the largest number in a gradient and in the untrained model's output`,
        ]),
  ]
  return (
    `parity: whether the engine computes the same as ${references.join(', ')}: the largest difference over the first ${steps} steps` +
    `${mode === 'turns' ? ' without dropout' : ''}, ✓ where it is at most ${limits.join(', ')}`
  )
}

/** Returns the meaning of the other tables' columns, and the notes of the engines. */
export function furtherNotes({ cells, overhead }: BenchResult): string[] {
  const measured = cells.filter((cell) => cell.status === 'ok')
  const browsers = new Set(
    measured.flatMap((cell) =>
      cell.browser === undefined ? [] : [browserText(cell.browser, cell)],
    ),
  )
  return [
    'n: timed steps; MAD: median absolute deviation, half of the steps are this close to the median; ' +
      "simd: vector instructions (simd128 is WebAssembly's, relaxed its faster variant, native the processor's own, scalar none)",
    'images/s and s/epoch: from the median step, without evaluation; peak MB: the whole process, with its runtime and the data',
    ...(overhead.length === 0
      ? []
      : [
          `the bench's own share of a step, from a backend that computes nothing: ${overhead
            .map(({ batchSize, medianMs }) => `${significant(medianMs)} ms at batch ${batchSize}`)
            .join(', ')}`,
        ]),
    ...browsers,
    ...(measured.some(({ runtime }) => runtime !== undefined) ? RUNTIME_NOTES : []),
    ...cellNotes(measured),
  ]
}

/** The meaning of the columns of the table of runtimes. */
const RUNTIME_NOTES: readonly string[] = [
  "clock: own is the runtime's, host that of the bench, which times several steps at once where the runtime has no fine clock",
  "bits: the weights after the steps of parity are bit for bit those of the fused engine's build simd128 or scalar in Node.js, or others",
  'code KB: what a training with this backend loads, bundled and minified; start-up: from the start of the process, in a browser of a fresh page, to the end of the first step, without reading the data',
]

/** Returns the notes of the runtimes and of the engines. Rows with the same note share a line. */
function cellNotes(cells: readonly BenchOkCell[]): string[] {
  const engines = new Map<string, Set<string>>()
  for (const cell of cells)
    for (const note of [...(cell.runtime?.notes ?? []), ...cell.notes])
      engines.set(note, (engines.get(note) ?? new Set()).add(engineText(cell)))
  return [...engines].map(([note, names]) => `${[...names].join(', ')}: ${note}`)
}

function browserText(
  { name, version, crossOriginIsolated, timerResolutionMs }: BenchBrowser,
  cell: BenchOkCell,
): string {
  return (
    `${engineText(cell)}: ${name} ${version}, a fresh context a repetition, ${crossOriginIsolated ? '' : 'not '}crossOriginIsolated, ` +
    `clock steps of ${significant(timerResolutionMs)} ms; on ${cell.device}`
  )
}
