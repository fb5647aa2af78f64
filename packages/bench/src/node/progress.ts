import { printable } from '@mnist-lab/core'
import { timingStatistics } from '@mnist-lab/metrics'
import { significant } from '@mnist-lab/report'
import { type Output, statusLine } from '@mnist-lab/terminal'
import type { CellRequest, FinishedRequest } from '../measure/cell-report.js'
import type { BenchProgress } from '../measure/run-bench.js'
import { engineText } from '../protocol/engine-name.js'
import { repetitionsOf } from '../protocol/schedule.js'
import { sameCell } from '../results/cell-schema.js'

/** A report of progress while engines take turns. */
export type TurnsProgress =
  | { readonly type: 'turn'; readonly text: string }
  /** All rounds of a model and a batch size have finished. */
  | { readonly type: 'group'; readonly text: string; readonly done: number; readonly all: number }

/** A line about work that comes before a measurement. */
interface NoteProgress {
  readonly type: 'note'
  readonly text: string
}

/** A report of progress of any bench. */
export type AnyProgress = BenchProgress | TurnsProgress | NoteProgress

/** Shows the progress of a bench. */
export interface ProgressLine {
  readonly show: (progress: AnyProgress) => void
  /** Clears the line, so that other output can follow. */
  readonly end: () => void
}

/** The number of repetitions and of trainings to an accuracy of each cell. */
export interface ProgressCounts {
  readonly repetitions: number
  readonly seeds: number
  readonly slowRuntimes?: readonly string[]
}

/**
 * Returns a progress line: on a terminal one line that is rewritten, elsewhere a line for each
 * finished process or group.
 */
export function progressLine(output: Output, counts: ProgressCounts): ProgressLine {
  const line = statusLine(output)
  let last = ''
  if (!line.live) {
    return {
      show(progress) {
        if (progress.type === 'finished')
          output.write(`${printable(finishedText(progress, counts))}\n`)
        if (progress.type === 'note') output.write(`${printable(progress.text)}\n`)
        if (progress.type === 'group')
          output.write(`[${progress.done}/${progress.all}] ${printable(progress.text)}\n`)
      },
      end() {},
    }
  }
  return {
    show(progress) {
      if (progress.type === 'finished') last = outcome(progress.run, progress.runs)
      line.show(lineOf(progress, counts, last))
    },
    end: line.clear,
  }
}

function lineOf(progress: AnyProgress, counts: ProgressCounts, last: string): string {
  if (progress.type === 'turn' || progress.type === 'note') return progress.text
  if (progress.type === 'group') return `[${progress.done}/${progress.all}] ${progress.text}`
  if (progress.type === 'finished') return finishedText(progress, counts)
  const { done, left, request } = progress
  const now = `[${done + 1}/${done + left}] ${title(request, counts)} …`
  return last === '' ? now : `${now}  last: ${last}`
}

function finishedText(
  { run, runs, left }: BenchProgress & { type: 'finished' },
  counts: ProgressCounts,
): string {
  return `[${runs.length}/${runs.length + left}] ${title(run.request, counts)}: ${outcome(run, runs)}`
}

function title(
  { backend, model, batchSize, askedThreads, repetition, purpose }: CellRequest,
  counts: ProgressCounts,
): string {
  const repetitions = repetitionsOf(counts, { backend, model, batchSize })
  const what: Record<CellRequest['purpose'], string> = {
    measure:
      repetition > counts.repetitions
        ? 'again, for one that was disturbed'
        : `${repetition}/${repetitions}`,
    reference: 'reference for parity',
    overhead: "the bench's own overhead",
    profile: 'profile',
    accuracy: `to accuracy ${repetition}/${counts.seeds}`,
    divergence: 'layer by layer',
  }
  return `${engineText({ backend, askedThreads })} ${model} ${batchSize} ${what[purpose]}`
}

/**
 * Returns the cell's median over the repetitions so far. It is not a result yet, because parity is
 * only known at the end.
 */
function outcome({ request, report }: FinishedRequest, runs: readonly FinishedRequest[]): string {
  if (report.status !== 'ok') return `${report.status}: ${report.reason}`
  if (report.accuracy !== undefined) {
    const { epochs, seconds, accuracies } = report.accuracy
    return epochs === undefined
      ? `not reached, ${accuracies.at(-1) ?? 0} at the end`
      : `${epochs} epochs, ${significant(seconds!)} s`
  }
  if (report.runtime?.emulated === true) return 'done'
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
