import type { BenchOptions } from '../protocol/options.js'
import {
  againSchedule,
  divergenceSchedule,
  profileSchedule,
  schedule,
} from '../protocol/schedule.js'
import type { BenchResult } from '../results/bench-result.js'
import { benchCells } from '../results/result.js'
import { type FinishedBench, runBench, type RunBenchTools } from './run-bench.js'

/** The timed runs first, disturbed ones again, as often as there are repetitions at the most; what they make worth knowing after them. */
export async function measureAll(
  options: BenchOptions,
  tools: RunBenchTools,
  cores: Pick<BenchResult['environment'], 'cores' | 'availableCores'>,
): Promise<FinishedBench> {
  let timed = await runBench(schedule(options), tools)
  const ok = () => benchCells(options, timed.runs, cores).filter((cell) => cell.status === 'ok')
  for (let extra = 1; extra <= options.repetitions && !timed.interrupted; extra++) {
    const again = againSchedule(options, ok(), options.repetitions + extra, cores)
    if (again.length === 0) break
    timed = await runBench(again, tools, timed.runs)
  }
  if (timed.interrupted) return timed
  const ran = ok()
  const after = [
    ...(options.profile ? profileSchedule(options, ran) : []),
    ...divergenceSchedule(options, ran),
  ]
  return runBench(after, tools, timed.runs)
}
