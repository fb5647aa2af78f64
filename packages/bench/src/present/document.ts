import {
  type Block,
  figure,
  heading,
  list,
  note,
  paragraph,
  percent,
  type ReportDocument,
  significant,
  table,
} from '@mnist-lab/report'
import { type BenchOkCell, hasSpeed } from '../results/cell-schema.js'
import { machineFingerprint } from '../results/environment.js'
import type { BenchResult } from '../results/result-schema.js'
import {
  accuracyChart,
  distributionChartOf,
  driftChart,
  overviewChart,
  phasesChart,
  predictChart,
  ratioChart,
  scalingCharts,
} from './charts.js'
import { accuracyTable, memoryTable, parityTables, profileTables } from './detail-tables.js'
import { isUnjudged, type NamedResult, unjudgedNote } from './cell-text.js'
import { caption, furtherNotes, stepNotes, tablesOf } from './result-table.js'
import { benchChart } from './step-chart.js'
import { benchWarnings } from './warnings.js'

/**
 * Returns a report of saved results: the speeds with their intervals, the samples behind them,
 * phases, scaling, time to accuracy, parity, memory, and the machines.
 *
 * @param results at least one; several are also drawn side by side
 */
export function benchDocument(results: readonly NamedResult[]): ReportDocument {
  const [first] = results
  if (first === undefined) throw new RangeError('results: expected at least one, got none')
  const several = results.length > 1
  return {
    title: 'Training benchmark',
    subtitle: results
      .map(({ name, result }) => `${name}: ${caption(result)[0]}; ${result.environment.date}`)
      .join(' · '),
    blocks: [
      ...(several
        ? [
            heading(2, 'Side by side'),
            figure(
              'side-by-side',
              'Median step of every cell in each file, whiskers from p5 to p95.',
              (size) => overviewChart(results, size),
            ),
          ]
        : []),
      ...results.flatMap(({ name, result }, at) =>
        resultBlocks(several ? name : '', result, several ? `-${at + 1}` : ''),
      ),
    ],
  }
}

/** @param suffix ends the names of the figures, which are files in Markdown */
function resultBlocks(name: string, result: BenchResult, suffix: string): Block[] {
  const { cells, accuracy } = result
  const title = (text: string) => heading(2, name === '' ? text : `${text}: ${name}`)
  const measured = cells.filter(
    (cell): cell is BenchOkCell => cell.status === 'ok' && hasSpeed(cell),
  )
  const profiled = measured.filter(({ profile }) => profile !== undefined)
  const warnings = benchWarnings(result)
  const { steps, further } = tablesOf(result)
  const scaling = scalingCharts(measured)
  const blocks: (Block | readonly Block[])[] = [
    title('Training step'),
    ...(result.status === 'interrupted'
      ? [
          note(
            'The bench was interrupted: these are the figures of what had finished by then.',
            'warning',
          ),
        ]
      : []),
    figure(
      `steps${suffix}`,
      'The time from choosing the samples of a step to updated weights and a read loss. Shorter is better.',
      (size) => benchChart(result, size),
    ),
    table(steps.columns, steps.rows),
    list(stepNotes(result)),
    ...(warnings.length === 0
      ? []
      : [
          note('Keep this in mind when you read the figures:', 'warning'),
          list(warnings.map((text) => text.replace(/^⚠ /, ''))),
        ]),
    ...(measured.some(({ versusBaseline }) => versusBaseline !== undefined)
      ? [
          heading(3, 'Ratios'),
          figure(
            `ratios${suffix}`,
            `How many times as fast as ${result.protocol.baseline}, with 95% bootstrap intervals.`,
            (size) => ratioChart(result, size),
          ),
          ...(measured.some((cell) => isUnjudged(cell, result.protocol))
            ? [note(unjudgedNote(result.protocol), 'warning')]
            : []),
        ]
      : []),
    heading(3, 'Distributions'),
    figure(
      `distributions${suffix}`,
      'All timed steps that count: median, quartiles, and the 5th and 95th percentiles.',
      (size) => distributionChartOf(measured, size),
    ),
    heading(3, 'Processes in the order in which they ran'),
    figure(
      `processes${suffix}`,
      "The median step of each process or turn, as a share of its cell's median. A slope is drift, a spike a disturbance.",
      (size) => driftChart(measured, size),
    ),
    ...(profiled.length === 0
      ? []
      : [
          title("Where a step's time goes"),
          paragraph(
            'The profiles come from processes of their own, with a clock around every kernel. That clock takes time: read shares here, and the time of a step above.',
          ),
          figure(
            `phases${suffix}`,
            'The phases of a step as shares of it, with the profiled step beside them.',
            (size) => phasesChart(profiled, size),
          ),
          ...profileTables(cells).map(({ columns, rows }) => table(columns, rows)),
        ]),
    ...scaling.flatMap(({ name: file, what, draw }, at) => [
      ...(at === 0 ? [title('Scaling')] : []),
      figure(`${file}${suffix}`, what, draw),
    ]),
    ...(accuracy === undefined || accuracy.cells.length === 0
      ? []
      : [
          title('Time to accuracy'),
          paragraph(
            `The seconds of training, without evaluation, until the test accuracy is ${percent(accuracy.target)} or more, after the next epoch too.`,
          ),
          figure(
            `accuracy${suffix}`,
            'The test accuracy over seconds of training. The line is the median seed, the area covers all seeds.',
            (size) => accuracyChart(accuracy, size),
          ),
          table(accuracyTable(accuracy).columns, accuracyTable(accuracy).rows),
        ]),
    title('Parity'),
    paragraph(
      result.protocol.mode === 'turns'
        ? 'Parity checks that an engine computes the same as the first one: both train from the same weights on the same batches, without dropout.'
        : "Parity checks that an engine computes the same as a reference with none of our kernels: both train from the same weights on the same batches with the same dropout masks. Relative differences are shares of the largest number in the reference's tensor.",
    ),
    ...parityTables(measured).map(({ columns, rows, about }) => table(columns, rows, about)),
    title('Everything else'),
    ...further.map(({ columns, rows }) => table(columns, rows)),
    figure(
      `predict${suffix}`,
      'The time of predicting one image, from the median to the 95th percentile.',
      (size) => predictChart(measured, size),
    ),
    heading(3, 'Memory'),
    table(memoryTable(measured).columns, memoryTable(measured).rows),
    title('How it was measured'),
    list(caption(result)),
    table([{ header: 'environment' }, { header: '' }], environmentRows(result)),
    list(furtherNotes(result)),
  ]
  return blocks.flat()
}

function environmentRows({ environment: e, overhead }: BenchResult): string[][] {
  const rows: [string, string | undefined][] = [
    ['machine', machineFingerprint(e)],
    ['processor', `${e.cpu}, ${e.cores} cores, ${e.availableCores} available`],
    [
      'memory',
      e.memoryBytes === undefined ? undefined : `${significant(e.memoryBytes / 2 ** 30)} GiB`,
    ],
    ['system', `${e.os}, ${e.arch}`],
    ['governor', e.governor],
    ['turbo', e.turbo === undefined ? undefined : e.turbo ? 'on' : 'off'],
    [
      'limit of the container',
      e.cpuLimit === undefined && e.memoryLimitBytes === undefined
        ? undefined
        : [
            e.cpuLimit && `${significant(e.cpuLimit)} cores`,
            e.memoryLimitBytes && `${significant(e.memoryLimitBytes / 2 ** 30)} GiB`,
          ]
            .filter(Boolean)
            .join(', '),
    ],
    e.node !== undefined || e.runtime === undefined
      ? ['Node.js', e.node === undefined ? undefined : `${e.node}, V8 ${e.v8}`]
      : [e.runtime.name, e.runtime.version],
    [
      'packages',
      Object.entries(e.packages)
        .map((entry) => entry.join(' '))
        .join(', '),
    ],
    ['commit', e.commit],
    ['began', e.date],
    [
      'load average, 1, 5, 15 min',
      `${e.loadAverageBefore.map((load) => load.toFixed(2)).join(', ')} before; ${e.loadAverageAfter.map((load) => load.toFixed(2)).join(', ')} after`,
    ],
    ['cores in use', `${percent(e.busyBefore)} before, ${percent(e.busyAfter)} after`],
    [
      'clock',
      `smallest step ${significant(e.timer.resolutionMs * 1000)} µs, a reading costs ${significant(e.timer.overheadMs * 1000)} µs`,
    ],
    [
      "the bench's own share of a step",
      overhead
        .map(
          ({ batchSize, medianMs, n }) =>
            `${significant(medianMs)} ms at batch ${batchSize} (n = ${n})`,
        )
        .join(', ') || undefined,
    ],
  ]
  return rows.map(([what, text]) => [what, text ?? 'not told'])
}
