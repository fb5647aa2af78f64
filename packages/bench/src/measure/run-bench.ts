import type { BenchPlan } from '../protocol/plan.js'
import {
  againSchedule,
  divergenceSchedule,
  profileSchedule,
  schedule,
} from '../protocol/schedule.js'
import { benchCells } from '../results/build-cells.js'
import { sameCell } from '../results/cell-schema.js'
import type { BenchResult } from '../results/result-schema.js'
import type { CellRequest, FinishedRequest, RunCell } from './cell-report.js'

/** A report of progress, which comes before and after each process. */
export type BenchProgress =
  | {
      readonly type: 'started'
      readonly request: CellRequest
      readonly done: number
      readonly left: number
    }
  | {
      readonly type: 'finished'
      readonly run: FinishedRequest
      /** All requests that have finished, this one last. */
      readonly runs: readonly FinishedRequest[]
      readonly left: number
    }

/** The tools that running a bench needs. */
export interface RunBenchTools {
  readonly runCell: RunCell
  readonly onProgress: (progress: BenchProgress) => void
  readonly signal: AbortSignal
}

/** The requests that were carried out. */
export interface FinishedBench {
  /** The requests in the order in which they ran. */
  readonly runs: readonly FinishedRequest[]
  readonly interrupted: boolean
}

/**
 * Carries out requests one after the other, never two at once. A cell that could not be measured
 * once is not tried again. An abort ends everything, and the request that was running then does not
 * count.
 *
 * @param before requests that have finished already
 */
export async function runBench(
  requests: readonly CellRequest[],
  { runCell, onProgress, signal }: RunBenchTools,
  before: readonly FinishedRequest[] = [],
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
    // After a failed measurement all other requests of the cell are skipped. After a failed profile
    // or training only those of the same purpose are.
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

/**
 * Carries out a whole plan of fresh processes: the timed processes, repetitions of disturbed ones
 * (at most as many as there are repetitions), then profiles and the search for the first wrong
 * layer.
 */
export async function measureAll(
  plan: BenchPlan,
  tools: RunBenchTools,
  cores: Pick<BenchResult['environment'], 'cores' | 'availableCores'>,
): Promise<FinishedBench> {
  let timed = await runBench(schedule(plan), tools)
  const ok = () => benchCells(plan, timed.runs, cores).filter((cell) => cell.status === 'ok')
  for (let extra = 1; extra <= plan.repetitions && !timed.interrupted; extra++) {
    const again = againSchedule(plan, ok(), plan.repetitions + extra, cores)
    if (again.length === 0) break
    timed = await runBench(again, tools, timed.runs)
  }
  if (timed.interrupted) return timed
  const ran = ok()
  const after = [
    ...(plan.profile ? profileSchedule(plan, ran) : []),
    ...divergenceSchedule(plan, ran),
  ]
  return runBench(after, tools, timed.runs)
}
