import { sameCell } from '../results/bench-cell.js'
import type { CellRequest, FinishedRun, RunCell } from '../measure/cell-report.js'

/** Told before and after each process. */
export type BenchProgress =
  | {
      readonly type: 'started'
      readonly request: CellRequest
      readonly done: number
      readonly left: number
    }
  | {
      readonly type: 'finished'
      readonly run: FinishedRun
      /** All that have finished, this one the last. */
      readonly runs: readonly FinishedRun[]
      readonly left: number
    }

export interface RunBenchTools {
  readonly runCell: RunCell
  readonly onProgress: (progress: BenchProgress) => void
  readonly signal: AbortSignal
}

export interface FinishedBench {
  /** In the order in which they ran. */
  readonly runs: readonly FinishedRun[]
  readonly interrupted: boolean
}

/**
 * One process after another, never two at once. A cell that was not ok once is not run again; an abort ends everything,
 * and what was running then does not count.
 *
 * @param before runs that have finished already
 */
export async function runBench(
  requests: readonly CellRequest[],
  { runCell, onProgress, signal }: RunBenchTools,
  before: readonly FinishedRun[] = [],
): Promise<FinishedBench> {
  const runs = [...before]
  let waiting = [...requests]
  while (waiting.length > 0 && !signal.aborted) {
    const request = waiting[0]!
    onProgress({ type: 'started', request, done: runs.length, left: waiting.length })
    const report = await runCell(request, signal)
    if (signal.aborted) break
    const run = { request, report }
    runs.push(run)
    waiting = waiting.slice(1)
    // A measurement that failed leaves nothing to do for the cell; a profile or a training that failed, only no more of these.
    if (report.status !== 'ok') {
      waiting = waiting.filter(
        (later) =>
          !sameCell(later, request) ||
          (request.purpose !== 'measure' && later.purpose !== request.purpose),
      )
    }
    onProgress({ type: 'finished', run, runs, left: waiting.length })
  }
  return { runs, interrupted: waiting.length > 0 }
}
