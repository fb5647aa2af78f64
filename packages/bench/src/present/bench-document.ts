import { machineFingerprint } from '../results/bench-environment.js'
import { type BenchOkCell } from '../results/bench-cell.js'
import { type BenchResult } from '../results/bench-result.js'
import { accuracyTable } from './bench-accuracy-table.js'
import { profileTables } from './bench-profile-table.js'
import { caption, notes, tablesOf } from './bench-table.js'
import { benchWarnings } from './bench-warnings.js'
import { benchChart } from './bench-chart.js'
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
import {
  accuracyChart,
  overviewChart,
  distributionChartOf,
  driftChart,
  phasesChart,
  predictChart,
  ratioChart,
  scalingCharts,
} from './bench-charts.js'
import { memoryTable, parityTables } from './bench-tables.js'

export interface NamedResult {
  /** As the reader is to know it: the file's name. */
  readonly name: string
  readonly result: BenchResult
}

/**
 * Everything that saved bench results say, as one report: the speeds with their intervals, the samples behind them, phases, scaling,
 * time to accuracy, parity, memory, and the machines.
 *
 * @param results at least one; the first comes first, several are drawn beside each other too
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

/** @param suffix of figures' names, which are files in Markdown */
function resultBlocks(name: string, result: BenchResult, suffix: string): Block[] {
  const { cells, accuracy } = result
  const title = (text: string) => heading(2, name === '' ? text : `${text}: ${name}`)
  const measured = cells.filter((cell): cell is BenchOkCell => cell.status === 'ok')
  const profiled = measured.filter(({ profile }) => profile !== undefined)
  const warnings = benchWarnings(result)
  const [steps, others] = tablesOf(result)
  const scaling = scalingCharts(measured)
  const blocks: (Block | readonly Block[])[] = [
    title('Training step'),
    ...(result.status === 'interrupted'
      ? [note('The run was interrupted: this is what had finished by then.', 'warning')]
      : []),
    figure(
      `steps${suffix}`,
      'A step from "the samples are chosen" to "the weights are updated and the loss has been read". Shorter is better.',
      (size) => benchChart(result, size),
    ),
    table(steps.columns, steps.rows),
    ...(warnings.length === 0
      ? []
      : [
          note('What is to be held against these figures:', 'warning'),
          list(warnings.map((text) => text.replace(/^⚠ /, ''))),
        ]),
    ...(measured.some(({ versusBaseline }) => versusBaseline !== undefined)
      ? [
          heading(3, 'Ratios'),
          figure(
            `ratios${suffix}`,
            `How many times as fast as ${result.protocol.baseline}, with 95% bootstrap intervals over processes and steps.`,
            (size) => ratioChart(result, size),
          ),
        ]
      : []),
    heading(3, 'Distributions'),
    figure(
      `distributions${suffix}`,
      'All timed steps of the processes that count: median, quartiles, p5 and p95 over the samples themselves.',
      (size) => distributionChartOf(measured, size),
    ),
    heading(3, 'Processes in the order in which they ran'),
    figure(
      `processes${suffix}`,
      "The median step of each process, as a share of its cell's median: drift and disturbances show as slopes and spikes.",
      (size) => driftChart(measured, size),
    ),
    ...(profiled.length === 0
      ? []
      : [
          title("Where a step's time goes"),
          paragraph(
            'From processes of their own, with a clock around every kernel: read shares here, and the time of a step above.',
          ),
          figure(
            `phases${suffix}`,
            'Phases of a step, as shares of it; beside them the profiled step.',
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
            `Seconds of training, evaluation not counted, until the test accuracy is ${percent(accuracy.target)} or more and is so after the next epoch too.`,
          ),
          figure(
            `accuracy${suffix}`,
            'Test accuracy over seconds of training; the line is the median seed, the area all of them.',
            (size) => accuracyChart(accuracy, size),
          ),
          table(accuracyTable(accuracy).columns, accuracyTable(accuracy).rows),
        ]),
    title('Parity'),
    paragraph(
      "The same weights, batches and dropout masks as the reference, whose kernels are none of ours. Relative differences are shares of the largest number of the reference's tensor.",
    ),
    ...parityTables(measured).map(({ columns, rows, about }) => table(columns, rows, about)),
    title('Everything else'),
    table(others.columns, others.rows),
    figure(`predict${suffix}`, 'Prediction of one image, median to p95.', (size) =>
      predictChart(measured, size),
    ),
    heading(3, 'Memory'),
    table(memoryTable(measured).columns, memoryTable(measured).rows),
    title('How it was measured'),
    list(caption(result)),
    table([{ header: 'environment' }, { header: '' }], environmentRows(result)),
    list(notes(result)),
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
    ['Node.js', e.node === undefined ? undefined : `${e.node}, V8 ${e.v8}`],
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
      "the app's own share of a step",
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
