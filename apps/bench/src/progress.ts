import { type Output, statusLine } from '@mnist-lab/cli/terminal'
import { timingStatistics } from '@mnist-lab/metrics'
import { significant } from '@mnist-lab/report'
import { sameCell, type CellRequest, type FinishedRun } from './cell-report.js'
import type { BenchProgress } from './run-bench.js'

export interface ProgressLine {
  readonly show: (progress: BenchProgress) => void
  /** Leaves the terminal as the next writer expects it. */
  readonly end: () => void
}

/** On a terminal one line, rewritten; elsewhere a line for each finished process. */
export function progressLine(output: Output, repetitions: number): ProgressLine {
  const line = statusLine(output)
  if (!line.live) {
    return {
      show(progress) {
        if (progress.type === 'finished') output.write(`${finishedText(progress, repetitions)}\n`)
      },
      end() {},
    }
  }
  let last = ''
  return {
    show(progress) {
      if (progress.type === 'finished') last = outcome(progress.run, progress.runs)
      const text = progress.type === 'started'
        ? [`[${progress.done + 1}/${progress.done + progress.left}] ${title(progress.request, repetitions)} …`, last]
          .filter((part) => part !== '').join('  last: ')
        : finishedText(progress, repetitions)
      line.show(text)
    },
    end: line.clear,
  }
}

function finishedText({ run, runs, left }: BenchProgress & { type: 'finished' }, repetitions: number): string {
  return `[${runs.length}/${runs.length + left}] ${title(run.request, repetitions)}: ${outcome(run, runs)}`
}

function title({ backend, model, batchSize, repetition, reference }: CellRequest, repetitions: number): string {
  return `${backend} ${model} ${batchSize} ${reference ? 'reference for parity' : `${repetition}/${repetitions}`}`
}

/** The cell's median over the repetitions so far; it is no result yet, parity comes with that. */
function outcome({ request, report }: FinishedRun, runs: readonly FinishedRun[]): string {
  if (report.status !== 'ok') return `${report.status}: ${report.reason}`
  if (report.timings === undefined) return 'done'
  const steps = runs.flatMap((run) =>
    run.report.status === 'ok' && sameCell(run.request, request) ? [...(run.report.timings?.steps ?? [])] : [])
  return `${significant(timingStatistics(steps).medianMs)} ms/step so far`
}
