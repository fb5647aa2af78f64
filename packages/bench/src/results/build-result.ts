import { timingStatistics } from '@mnist-lab/metrics'
import type { FinishedRequest } from '../measure/cell-report.js'
import type { FinishedBench } from '../measure/run-bench.js'
import { parseEngineName, splitRuntime } from '../protocol/engine-name.js'
import type { BenchPlan } from '../protocol/plan.js'
import {
  FORWARD_TOLERANCE,
  GRADIENT_TOLERANCE,
  LEARNING_RATE,
  LOSS_TOLERANCE,
  MOMENTUM,
  PARITY_STEPS,
  SLOW,
  WARMUP,
  WEIGHT_TOLERANCE,
} from '../protocol/protocol.js'
import { nameOf } from '../protocol/schedule.js'
import { benchCells, isOf, timingsOf } from './build-cells.js'
import type { BenchCell } from './cell-schema.js'
import type { BenchEnvironment } from './environment.js'
import { withRatios } from './ratios.js'
import {
  type AccuracyCell,
  BENCH_SCHEMA,
  type BenchResult,
  benchResultSchema,
} from './result-schema.js'

/** Returns the result of a bench with fresh processes, as `--json` writes it. */
export function benchResult(
  plan: BenchPlan,
  { runs, interrupted }: FinishedBench,
  environment: BenchEnvironment,
): BenchResult {
  const { repetitions, budget, seed, comparison, slowDown, slowRuntimes = [] } = plan
  const baseline = baselineOf(plan, runs)
  const cells = withRatios(benchCells(plan, runs, environment), baseline, plan)
  const counted = runs.map(({ report }) => timingsOf(report)).find((found) => found !== undefined)
  // If no process came far enough to count the samples, these are the sizes of MNIST.
  const { trainSamples = 60_000, testSamples = 10_000 } = counted ?? {}
  const accuracy = accuracyOf(plan, runs, cells)
  return benchResultSchema.parse({
    schema: BENCH_SCHEMA,
    status: interrupted ? 'interrupted' : 'completed',
    environment: { ...environment, packages: { ...environment.packages, ...enginesOf(cells) } },
    protocol: {
      mode: 'fresh',
      repetitions,
      warmup: WARMUP,
      budget,
      ...(slowRuntimes.length === 0 ? {} : { slow: { runtimes: [...slowRuntimes], ...SLOW } }),
      seed,
      baseline,
      comparison,
      order: runs.map(({ request }) => ({
        ...nameOf(request),
        repetition: request.repetition,
        purpose: request.purpose,
      })),
      parity: {
        steps: PARITY_STEPS,
        lossTolerance: LOSS_TOLERANCE,
        weightTolerance: WEIGHT_TOLERANCE,
        gradientTolerance: GRADIENT_TOLERANCE,
        forwardTolerance: FORWARD_TOLERANCE,
      },
      training: { learningRate: LEARNING_RATE, momentum: MOMENTUM },
      dataset: { name: 'mnist', trainSamples, testSamples },
      ...(slowDown === undefined ? {} : { slowDown }),
    },
    cells,
    overhead: overheadOf(runs),
    ...(accuracy === undefined ? {} : { accuracy }),
  } satisfies BenchResult)
}

/**
 * Returns the engine that the others are compared with: cpu if it is measured in a runtime that is
 * not slow, else the first backend, else the first peer. An emulated processor is never chosen.
 */
function baselineOf(
  { engines, peers, slowRuntimes = [] }: BenchPlan,
  runs: readonly FinishedRequest[],
): string {
  const emulated = runs.flatMap(({ request, report }) =>
    report.status === 'ok' && report.runtime?.emulated === true
      ? [splitRuntime(request.backend).runtime]
      : [],
  )
  const ours = engines.filter((engine) => {
    const { backend = engine, runtime = '' } = parseEngineName(engine) ?? {}
    return !peers.some(({ name }) => backend === name) && !emulated.includes(runtime)
  })
  const cpu = ours.find((engine) => {
    const { backend, runtime } = parseEngineName(engine) ?? {}
    return backend === 'cpu' && !slowRuntimes.includes(runtime!)
  })
  return cpu ?? ours[0] ?? engines[0]!
}

function overheadOf(runs: readonly FinishedRequest[]): BenchResult['overhead'] {
  return runs.flatMap(({ request, report }) => {
    const timings = timingsOf(report)
    if (request.purpose !== 'overhead' || timings === undefined) return []
    return [
      { batchSize: request.batchSize, medianMs: median(timings.steps), n: timings.steps.length },
    ]
  })
}

function accuracyOf(
  plan: BenchPlan,
  runs: readonly FinishedRequest[],
  cells: readonly BenchCell[],
): BenchResult['accuracy'] {
  const { toAccuracy: target, maxEpochs } = plan
  if (target === undefined) return undefined
  return {
    target,
    maxEpochs,
    cells: cells.flatMap((cell): AccuracyCell[] => {
      const own = runs.filter((run) => isOf(run, cell, 'accuracy'))
      const absent = own.map(({ report }) => report).find((report) => report.status !== 'ok')
      if (absent !== undefined)
        return [{ ...nameOf(cell), status: 'failed', reason: absent.reason }]
      const trainings = own.flatMap(({ report }) =>
        report.status === 'ok' && report.accuracy !== undefined ? [report.accuracy] : [],
      )
      if (trainings.length === 0 || cell.status !== 'ok') return []
      const { threads, parity } = cell
      return [{ ...nameOf(cell), status: 'ok', threads, runs: trainings, parity }]
    }),
  }
}

function enginesOf(cells: readonly BenchCell[]): Record<string, string> {
  return Object.assign({}, ...cells.map((cell) => (cell.status === 'ok' ? cell.versions : {})))
}

function median(samples: readonly number[]): number {
  return timingStatistics(samples).medianMs
}
