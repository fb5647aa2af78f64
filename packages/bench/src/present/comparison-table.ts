import {
  escapeMarkdownLine,
  percent,
  renderMarkdownTable,
  renderTable,
  significant,
} from '@mnist-lab/report'
import { hasSpeed } from '../results/cell-schema.js'
import type { ComparedCell, ResultComparison } from '../results/compare.js'
import type { EnvironmentDifference } from '../results/environment.js'
import { absence, cellTitle, parityText, type TableData } from './cell-text.js'

/** The names of the two results, and what counts as a difference. */
export interface ComparisonTexts {
  readonly a: string
  readonly b: string
  readonly alpha: number
  readonly minEffect: number
}

const SIGNS = {
  faster: '▲ faster',
  slower: '▼ slower',
  'no difference shown': '≈ no difference shown',
} as const

/**
 * Returns a verdict for each cell, and how the two results differ otherwise.
 *
 * @param width the columns of the terminal. Default: no limit
 */
export function comparisonTable(
  comparison: ResultComparison,
  texts: ComparisonTexts,
  width = Infinity,
): string {
  const { columns, rows } = tableOf(comparison, texts)
  return [renderTable(columns, rows, { width }), ...notes(comparison, texts)].join('\n')
}

/**
 * Returns the same as {@link comparisonTable} for a pull request: the verdict first, the figures
 * under it.
 */
export function comparisonMarkdown(comparison: ResultComparison, texts: ComparisonTexts): string {
  const { columns, rows } = tableOf(comparison, texts)
  return [
    `## Benchmark: ${escapeMarkdownLine(summary(comparison))}`,
    '',
    renderMarkdownTable(columns, rows),
    '',
    ...notes(comparison, texts).map((line) => `- ${escapeMarkdownLine(line)}`),
    '',
  ].join('\n')
}

/** The number of cells of each kind: `1 slower, 3 with no difference shown`. */
function summary({ cells }: ResultComparison): string {
  const count = (verdict: keyof typeof SIGNS) =>
    cells.filter(({ comparison }) => comparison?.verdict === verdict).length
  const [slower, faster, same] = [count('slower'), count('faster'), count('no difference shown')]
  const lost = cells.filter((cell) => cell.lost !== undefined).length
  const parts = [
    ...(lost > 0 ? [`${lost} lost`] : []),
    ...(slower > 0 ? [`${slower} slower`] : []),
    ...(faster > 0 ? [`${faster} faster`] : []),
    ...(same > 0 ? [`${same} with no difference shown`] : []),
  ]
  return parts.length === 0 ? 'no cell that both have measured' : parts.join(', ')
}

function tableOf({ cells }: ResultComparison, { a, b }: ComparisonTexts): TableData {
  return {
    columns: [
      { header: 'cell' },
      { header: `${a}, ms/step`, align: 'right' },
      { header: `${b}, ms/step`, align: 'right' },
      { header: 'time × [95%]', align: 'right' },
      { header: 'p', align: 'right' },
      { header: 'processes', align: 'right' },
      { header: 'verdict' },
      { header: 'parity' },
    ],
    rows: cells.map(row),
  }
}

function row({ name, a, b, comparison, lost }: ComparedCell): string[] {
  const ms = (cell: typeof a) =>
    cell === undefined
      ? '–'
      : cell.status !== 'ok'
        ? cell.status
        : hasSpeed(cell)
          ? significant(cell.step.medianMs)
          : 'emulated'
  if (comparison === undefined) {
    const absent = [a, b].flatMap((cell) =>
      cell === undefined || cell.status === 'ok' ? [] : [absence(cell)],
    )[0]
    const where = a === undefined ? 'new' : b === undefined ? 'not measured again' : (absent ?? '')
    return [
      cellTitle(name),
      ms(a),
      ms(b),
      '–',
      '–',
      '–',
      lost === undefined ? where : `✗ ${lost}`,
      parityOf(b ?? a),
    ]
  }
  const {
    ratio: { ratio, low, high },
    p,
    counts,
    verdict,
    why,
  } = comparison
  const text = verdict === 'no difference shown' ? `${SIGNS[verdict]}: ${why}` : SIGNS[verdict]
  return [
    cellTitle(name),
    ms(a),
    ms(b),
    `${ratio.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`,
    p < 1e-4 ? '<0.0001' : p.toFixed(4),
    counts.join(' / '),
    lost === undefined ? text : `✗ ${lost}; ${text}`,
    parityOf(b),
  ]
}

function parityOf(cell: ComparedCell['b']): string {
  return cell?.status === 'ok' ? parityText(cell.parity) : '–'
}

function notes(
  { cells, machine, software, protocol }: ResultComparison,
  { a, b, alpha, minEffect }: ComparisonTexts,
): string[] {
  const differ = (what: string, differences: readonly EnvironmentDifference[]) =>
    differences.length === 0
      ? []
      : [
          `${what} differ: ${differences.map((one) => `${one.what}: ${one.a} → ${one.b}`).join('; ')}`,
        ]
  const yardsticks = cells.flatMap(({ comparison }) =>
    comparison?.yardstick === undefined ? [] : [comparison.yardstick],
  )
  const worst = yardsticks.reduce(
    (most, ratio) => (Math.abs(Math.log(ratio)) > Math.abs(Math.log(most)) ? ratio : most),
    1,
  )
  return [
    `time ×: ${b} / ${a}, medians over processes, above 1 is slower; [95%]: its interval, bootstrap over processes; p: Mann–Whitney test over processes, corrected for all rows (Holm)`,
    `a verdict needs p ≤ ${alpha} and a ratio at least ${percent(minEffect)} from 1, also after division by the yardstick (a fixed piece of work that shows how fast the machine was)`,
    ...(yardsticks.length === 0
      ? []
      : [
          `the yardstick, ${b} / ${a}: ${Math.abs(worst - 1) < 0.005 ? 'the same' : `up to × ${worst.toFixed(3)}`}`,
        ]),
    ...differ('⚠ machines', machine),
    ...differ('software', software),
    ...differ('⚠ protocols', protocol),
  ]
}
