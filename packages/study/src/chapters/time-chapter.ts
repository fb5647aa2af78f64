import { type Block, heading, note, paragraph, table } from '@mnist-lab/report'
import { PUBLISHED } from '../published.js'
import { mainGroups, type ReportedStudyRun, type StudyResults } from '../results.js'
import { counted, listed, right, times, TITLES } from './format.js'

const ORIGINAL_EPOCHS = 10

/** Compares training times with the original's, and names what they depend on. */
export function timeChapter(results: StudyResults): readonly Block[] {
  const rows = mainGroups(results).map(({ variant, group }) => {
    // Shows the run that shared the machine with the fewest other runs.
    const run = group.toSorted(
      (a, b) => atOnce(a) - atOnce(b) || a.planned.seed - b.planned.seed,
    )[0]!
    return { variant, run, ...seconds(run), original: PUBLISHED[variant].seconds }
  })
  if (rows.length === 0) return []
  const epochs = rows[0]!.run.run.epochs.length
  const sum = (of: (row: (typeof rows)[number]) => number) =>
    rows.reduce((total, row) => total + of(row), 0)
  const [ours, original] = [sum((row) => row.training + row.evaluation), sum((row) => row.original)]
  const alone = rows.every(({ run }) => atOnce(run) === 1)
    ? 'No other run of this study was training at the same time. '
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
        right('ratio'),
      ],
      rows.map(({ variant, training, evaluation, original }) => [
        TITLES[variant],
        `${training.toFixed(2)} s`,
        `${(training + evaluation).toFixed(2)} s`,
        `${original.toFixed(2)} s`,
        ratio(original / (training + evaluation)),
      ]),
      `Times of ${counted(epochs, 'epoch')} with seed ${listed([...new Set(rows.map(({ run }) => String(run.planned.seed)))])}. The ratio is the original’s time divided by the time with validation.`,
    ),
    paragraph(
      epochs === ORIGINAL_EPOCHS
        ? `Training with validation takes ${ours.toFixed(1)} s in total, and the original took ${original.toFixed(2)} s. This study is ${ours < original ? `${times(original / ours)} as fast` : `${times(ours / original)} as slow`}. ` +
            `${machineText(rows[0]!.run)} ${alone}The original does not name its machine, and it does not say whether its times include validation.`
        : `${machineText(rows[0]!.run)} ${alone}The original’s times are for ${ORIGINAL_EPOCHS} epochs and these are for ${epochs}, so they cannot be compared.`,
    ),
    ...(crowded.length === 0
      ? []
      : [
          note(
            `${listed(crowded.map(({ variant }) => TITLES[variant]))} shared the machine with up to ` +
              `${counted(Math.max(...crowded.map(({ run }) => atOnce(run))) - 1, 'other run')} of this study. Training alone would have been faster.`,
            'warning',
          ),
        ]),
  ]
}

/** Returns how many of the study's runs may have trained at the same time. */
function atOnce({ run }: ReportedStudyRun): number {
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

/** Names the backend, the machine and the runtime of a run in one sentence. */
export function machineText({ run }: Pick<ReportedStudyRun, 'run'>): string {
  const { backend, environment } = run
  const { cpu, cores, node } = environment
  // Runs of earlier versions have `node` alone.
  const runtime = environment['runtime'] ?? (node === undefined ? undefined : `Node.js ${node}`)
  const versions = Object.entries(backend.versions).map(([name, version]) => `${name} ${version}`)
  return (
    `Training used the ${backend.backend} backend (${[...versions, backend.device, backend.simd, counted(backend.threads, 'thread')].join(', ')})` +
    `${cpu === undefined ? '' : ` on ${cpu}${typeof cores === 'number' ? ` with ${counted(cores, 'core')}` : ''}`}${runtime === undefined ? '' : ` in ${runtime}`}.`
  )
}

function ratio(value: number): string {
  return value >= 10 ? value.toFixed(0) : value.toPrecision(2)
}
