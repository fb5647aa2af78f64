import { type Output, statusLine } from '@mnist-lab/terminal'
import { sameCell } from '../results/bench-cell.js'
import { timingStatistics } from '@mnist-lab/metrics'
import { significant } from '@mnist-lab/report'
import type { CellRequest, FinishedRun } from '../measure/cell-report.js'
import type { BenchProgress } from '../runtimes/run-bench.js'

export interface ProgressLine {
  readonly show: (progress: BenchProgress) => void
  /** Leaves the terminal as the next writer expects it. */
  readonly end: () => void
}

/** How many repetitions, and seeds, there are to come. */
export interface ProgressCounts {
  readonly repetitions: number
  readonly seeds: number
}

/** On a terminal one line, rewritten; elsewhere a line for each finished process. */
export function progressLine(output: Output, counts: ProgressCounts): ProgressLine {
  const line = statusLine(output)
  if (!line.live) {
    return {
      show(progress) {
        if (progress.type === 'finished') output.write(`${finishedText(progress, counts)}\n`)
      },
      end() {},
    }
  }
  let last = ''
  return {
    show(progress) {
      if (progress.type === 'finished') last = outcome(progress.run, progress.runs)
      const text =
        progress.type === 'started'
          ? [
              `[${progress.done + 1}/${progress.done + progress.left}] ${title(progress.request, counts)} …`,
              last,
            ]
              .filter((part) => part !== '')
              .join('  last: ')
          : finishedText(progress, counts)
      line.show(text)
    },
    end: line.clear,
  }
}

function finishedText(
  { run, runs, left }: BenchProgress & { type: 'finished' },
  counts: ProgressCounts,
): string {
  return `[${runs.length}/${runs.length + left}] ${title(run.request, counts)}: ${outcome(run, runs)}`
}

function title(
  { backend, model, batchSize, askedThreads, repetition, purpose }: CellRequest,
  { repetitions, seeds }: ProgressCounts,
): string {
  const what: Record<CellRequest['purpose'], string> = {
    measure:
      repetition > repetitions
        ? 'again, for one that was disturbed'
        : `${repetition}/${repetitions}`,
    reference: 'reference for parity',
    overhead: "the app's own overhead",
    profile: 'profile',
    accuracy: `to accuracy ${repetition}/${seeds}`,
    divergence: 'layer by layer',
  }
  return `${backend} ${model} ${batchSize} ${askedThreads === undefined ? '' : `${askedThreads} threads `}${what[purpose]}`
}

/** The cell's median over the repetitions so far; it is no result yet, parity comes with that. */
function outcome({ request, report }: FinishedRun, runs: readonly FinishedRun[]): string {
  if (report.status !== 'ok') return `${report.status}: ${report.reason}`
  if (report.accuracy !== undefined) {
    const { epochs, seconds, accuracies } = report.accuracy
    return epochs === undefined
      ? `not reached, ${accuracies.at(-1) ?? 0} at the end`
      : `${epochs} epochs, ${significant(seconds!)} s`
  }
  const steps = runs.flatMap((run) =>
    run.report.status === 'ok' &&
    run.request.purpose === request.purpose &&
    sameCell(run.request, request)
      ? [...(run.report.timings?.steps ?? [])]
      : [],
  )
  return steps.length === 0
    ? 'done'
    : `${significant(timingStatistics(steps).medianMs)} ms/step so far`
}
