import type { ReportedStudyRun, StudyResults } from '../study-result.js'
import { type Block, type Column, heading, note, paragraph, table } from '@mnist-lab/report'
import { groupOf } from './groups.js'
import { MAIN_VARIANTS, PUBLISHED } from './published.js'
import { counted, listed, times, TITLES } from './wording.js'

const right = (header: string): Column => ({ header, align: 'right' })
const ORIGINAL_EPOCHS = 10

/** Training time beside the original's, and everything that it depends on. */
export function timeChapter(results: StudyResults): readonly Block[] {
  const rows = MAIN_VARIANTS.flatMap((variant) => {
    const group = groupOf(results, variant)
    if (group === undefined) return []
    // One that had the machine for itself, as far as this program can tell.
    const run = group.toSorted(
      (a, b) => atOnce(a) - atOnce(b) || a.planned.seed - b.planned.seed,
    )[0]!
    return [{ variant, run, ...seconds(run), original: PUBLISHED[variant].seconds }]
  })
  if (rows.length === 0) return []
  const epochs = rows[0]!.run.run.epochs.length
  const sum = (of: (row: (typeof rows)[number]) => number) =>
    rows.reduce((total, row) => total + of(row), 0)
  const [ours, original] = [sum((row) => row.training + row.evaluation), sum((row) => row.original)]
  const alone = rows.every(({ run }) => atOnce(run) === 1)
    ? 'No other run of this study was training beside them. '
    : ''
  const crowded = rows.filter(({ run }) => atOnce(run) > 1)
  return [
    heading(2, 'Training time'),
    table(
      [
        { header: 'model' },
        right('training'),
        right('with validation'),
        right('original'),
        right('original / with validation'),
      ],
      rows.map(({ variant, training, evaluation, original }) => [
        TITLES[variant],
        `${training.toFixed(2)} s`,
        `${(training + evaluation).toFixed(2)} s`,
        `${original.toFixed(2)} s`,
        ratio(original / (training + evaluation)),
      ]),
      `${counted(epochs, 'epoch')}; seed ${listed([...new Set(rows.map(({ run }) => String(run.planned.seed)))])}`,
    ),
    paragraph(
      epochs === ORIGINAL_EPOCHS
        ? `Together ${ours.toFixed(1)} s against ${original.toFixed(2)} s: ${ours < original ? `${times(original / ours)} as fast` : `${times(ours / original)} as long`}. ` +
            `${machineText(rows[0]!.run)} ${alone}The original does not name its machine, nor whether its times include validation.`
        : `${machineText(rows[0]!.run)} ${alone}The original’s times are of ${ORIGINAL_EPOCHS} epochs, these are of ${epochs}: they do not compare.`,
    ),
    ...(crowded.length === 0
      ? []
      : [
          note(
            `${listed(crowded.map(({ variant }) => TITLES[variant]))} shared the machine with up to ` +
              `${counted(Math.max(...crowded.map(({ run }) => atOnce(run))) - 1, 'other run')} of this study: alone it would have been faster.`,
            'warning',
          ),
        ]),
  ]
}

/** How many of the study's runs could be training at the same time. */
export function atOnce({ run }: ReportedStudyRun): number {
  const count = run.environment['runsAtOnce']
  return typeof count === 'number' ? count : 1
}

function seconds({ run }: ReportedStudyRun): {
  readonly training: number
  readonly evaluation: number
} {
  return {
    training: run.epochs.reduce((total, { trainSeconds }) => total + trainSeconds, 0),
    evaluation: run.epochs.reduce((total, { evaluateSeconds }) => total + evaluateSeconds, 0),
  }
}

/** On what a run ran, in a sentence. */
export function machineText({ run }: Pick<ReportedStudyRun, 'run'>): string {
  const { backend, environment } = run
  const { cpu, cores, node } = environment
  const versions = Object.entries(backend.versions).map(([name, version]) => `${name} ${version}`)
  return (
    `Trained on backend ${[backend.backend, ...versions].join(', ')} (${backend.device}, ${backend.simd}, ${counted(backend.threads, 'thread')})` +
    `${cpu === undefined ? '' : ` on ${cpu}${typeof cores === 'number' ? ` with ${counted(cores, 'core')}` : ''}`}${node === undefined ? '' : `, Node.js ${node}`}.`
  )
}

function ratio(value: number): string {
  return value >= 10 ? value.toFixed(0) : value.toPrecision(2)
}
