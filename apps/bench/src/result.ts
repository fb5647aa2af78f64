import {
  BENCH_SCHEMA,
  benchResultSchema,
  sameCell,
  stepTrend,
  timingStatistics,
  trend,
  type AccuracyCell,
  type BenchCell,
  type BenchEnvironment,
  type BenchMemory,
  type BenchOkCell,
  type BenchProfile,
  type BenchResult,
  type CellName,
} from '@mnist-lab/metrics'
import type {
  CellReport,
  CellTimings,
  FinishedRun,
  OkReport,
  ProfiledSteps,
} from './cell-report.js'
import { takeApart } from './place-name.js'
import { firstDivergence, parity, plainParity } from './parity.js'
import type { BenchOptions } from './options.js'
import {
  FORWARD_TOLERANCE,
  GRADIENT_TOLERANCE,
  LEAK_BYTES,
  LOSS_TOLERANCE,
  PARITY_STEPS,
  QUIET_CPU_SHARE,
  QUIET_OTHERS,
  WARMUP,
  WEIGHT_TOLERANCE,
} from './protocol.js'
import type { FinishedBench } from './run-bench.js'
import { cellsOf, nameOf, referenceCell } from './schedule.js'
import { withRatios } from './versus-baseline.js'

type Cores = Pick<BenchEnvironment, 'cores' | 'availableCores'>

/** A process that measured a cell, and when it ran. */
interface Measured {
  readonly order: number
  readonly report: OkReport
  readonly timings: CellTimings
}

/** The result of all runs, as `--json` writes it and the report reads it. */
export function benchResult(
  options: BenchOptions,
  { runs, interrupted }: FinishedBench,
  environment: BenchEnvironment,
): BenchResult {
  const { repetitions, budget, seed, comparison, slowDown } = options
  const baseline =
    options.backends.find((name) => takeApart(name).backend === 'cpu') ??
    options.backends[0] ??
    options.peers[0]!.name
  const cells = withRatios(benchCells(options, runs, environment), baseline, options)
  const counted = runs.map(({ report }) => timingsOf(report)).find((found) => found !== undefined)
  // What MNIST has, where no process came far enough to count.
  const { trainSamples = 60_000, testSamples = 10_000 } = counted ?? {}
  const accuracy = accuracyOf(options, runs, cells)
  return benchResultSchema.parse({
    schema: BENCH_SCHEMA,
    status: interrupted ? 'interrupted' : 'completed',
    environment: { ...environment, packages: { ...environment.packages, ...enginesOf(cells) } },
    protocol: {
      repetitions,
      warmup: WARMUP,
      budget,
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
      dataset: { name: 'mnist', trainSamples, testSamples },
      ...(slowDown === undefined ? {} : { slowDown }),
    },
    cells,
    overhead: overheadOf(runs),
    ...(accuracy === undefined ? {} : { accuracy }),
  } satisfies BenchResult)
}

/** Those of which a process has ended, in the table's order; not yet compared with each other. */
export function benchCells(
  options: BenchOptions,
  runs: readonly FinishedRun[],
  cores: Cores,
): BenchCell[] {
  return cellsOf(options)
    .filter((name) => runs.some((run) => isOf(run, name, 'measure')))
    .map((name) => benchCell(name, runs, cores))
}

function benchCell(name: CellName, runs: readonly FinishedRun[], cores: Cores): BenchCell {
  const own = runs.filter((run) => isOf(run, name, 'measure'))
  const absent = own.map(({ report }) => report).find((report) => report.status !== 'ok')
  if (absent !== undefined) return { ...name, ...absent }
  const measured = own.flatMap(({ report }): Measured[] => {
    const timings = timingsOf(report)
    const order = runs.findIndex((run) => run.report === report)
    return timings === undefined || report.status !== 'ok' ? [] : [{ order, report, timings }]
  })
  const found = parityOf(name, runs, measured)
  if (typeof found === 'string') return { ...name, status: 'failed', reason: found }
  const profile = runs.find((run) => isOf(run, name, 'profile'))?.report
  return {
    ...okCell(name, measured, cores),
    parity: found,
    ...(profile?.status === 'ok' && profile.profile !== undefined
      ? { profile: profileOf(profile.profile) }
      : {}),
  }
}

/** @returns why there is none */
function parityOf(
  name: CellName,
  runs: readonly FinishedRun[],
  measured: readonly Measured[],
): BenchOkCell['parity'] | string {
  const reference = referenceCell(name)
  const compared = runs
    .filter(
      ({ request }) =>
        sameCell(request, reference) &&
        (request.purpose === 'reference' || request.purpose === 'measure'),
    )
    .map(({ report }) => report)
  const expected = compared.find((report): report is OkReport => report.status === 'ok')
  if (expected?.trace === undefined) {
    const why =
      compared.map((report) => (report.status === 'ok' ? '' : report.reason))[0] ??
      'it had not run yet'
    return `no parity, so no speed: the reference, ${reference.backend}, did not run: ${why}`
  }
  const traces = measured.flatMap(({ report: { trace } }) => (trace === undefined ? [] : [trace]))
  if (traces.length > 0) {
    const divergence = divergenceOf(name, runs)
    return {
      ...parity(reference.backend, name.model, expected.trace, traces),
      ...(divergence === undefined ? {} : { firstDivergence: divergence }),
    }
  }
  const plain = measured.flatMap(({ report }) => (report.plain === undefined ? [] : [report.plain]))
  return plainParity(reference.backend, name.model, expected.plain ?? expected.trace, plain)
}

function divergenceOf(
  name: CellName,
  runs: readonly FinishedRun[],
): BenchOkCell['parity']['firstDivergence'] {
  const prefixes = (of: CellName) => {
    const report = runs.find((run) => isOf(run, of, 'divergence'))?.report
    return report?.status === 'ok' ? report.prefixes : undefined
  }
  const [actual, expected] = [prefixes(name), prefixes(referenceCell(name))]
  return actual === undefined || expected === undefined
    ? undefined
    : firstDivergence(expected, actual)
}

function okCell(
  name: CellName,
  measured: readonly Measured[],
  cores: Cores,
): Omit<BenchOkCell, 'parity'> {
  const { threads, simd, device, versions, notes } = measured[0]!.report.info
  const timings = measured.map((one) => one.timings)
  const samplesMs = timings.flatMap(({ steps }) => steps)
  const samplesPerRepetition = timings.map(({ steps }) => steps.length)
  const repetitions = measured.map((one) => repetition(one, threads, cores))
  const quiet = repetitions.map(({ disturbed }, at) => (disturbed ? [] : timings[at]!.steps)).flat()
  const step = timingStatistics(quiet.length === 0 ? samplesMs : quiet)
  const drift = trend(
    repetitions.filter(({ disturbed }) => !disturbed).map(({ medianMs }) => medianMs),
  )
  const phase = (of: (timings: CellTimings) => number | undefined) => {
    const samples = timings.map(of).filter((ms) => ms !== undefined)
    return samples.length === 0
      ? undefined
      : { medianMs: timingStatistics(samples).medianMs, samplesMs: samples }
  }
  const phases = {
    load: phase(({ load }) => load),
    open: phase(({ open }) => open),
    compile: phase(({ compile }) => compile),
    firstStep: phase(({ firstStep }) => firstStep),
  }
  const evaluations = timings.flatMap(({ evaluate }) => (evaluate === undefined ? [] : [evaluate]))
  const predictions = timings.flatMap(({ predictOne }) => predictOne ?? [])
  return {
    ...name,
    status: 'ok',
    threads,
    simd,
    device,
    versions,
    notes: [...notes],
    step: { ...step, samplesMs, samplesPerRepetition },
    repetitions,
    ...(drift === undefined ? {} : { drift }),
    phases: Object.fromEntries(
      Object.entries(phases).filter(([, samples]) => samples !== undefined),
    ),
    ...(evaluations.length === 0
      ? {}
      : {
          evaluate: {
            imagesPerSecond: median(evaluations.map(({ images, ms }) => (images / ms) * 1000)),
            repetitions: evaluations,
          },
        }),
    ...(predictions.length === 0 ? {} : { predictOne: predictOne(predictions) }),
    memory: memoryOf(timings),
    ...browserOf(measured.map(({ report }) => report)),
    epochSeconds: (step.medianMs * Math.ceil(timings[0]!.trainSamples / name.batchSize)) / 1000,
  }
}

/** The browser that all repetitions ran in, with the coarsest clock that one of them had. */
function browserOf(reports: readonly OkReport[]): Pick<BenchOkCell, 'browser'> {
  const browsers = reports.flatMap(({ browser }) => browser ?? [])
  const [first] = browsers
  if (first === undefined) return {}
  const { name = 'this browser', version = 'unknown', crossOriginIsolated } = first
  return {
    browser: {
      name,
      version,
      crossOriginIsolated,
      timerResolutionMs: Math.max(...browsers.map(({ timerResolutionMs }) => timerResolutionMs)),
    },
  }
}

function repetition(
  { order, timings }: Measured,
  threads: number,
  cores: Cores,
): BenchOkCell['repetitions'][number] {
  const { steps, yardstickMs, collections, cpuShare, othersCores } = timings
  const change = stepTrend(steps)
  return {
    order,
    medianMs: median(steps),
    ...(yardstickMs === undefined ? {} : { yardstickMs }),
    ...(change === undefined ? {} : { trend: change }),
    ...(collections === undefined
      ? {}
      : { collections: collections.count, collectionMs: collections.ms }),
    ...(cpuShare === undefined ? {} : { cpuShare }),
    ...(othersCores === undefined ? {} : { othersCores }),
    disturbed: isDisturbed(timings, threads, cores),
  }
}

/** An engine of several threads waits by design: whether it got its cores is told by what others left of them. */
function isDisturbed(
  { cpuShare, othersCores }: CellTimings,
  threads: number,
  { cores, availableCores }: Cores,
): boolean {
  if (threads === 1) return cpuShare !== undefined && cpuShare < QUIET_CPU_SHARE
  return (
    threads > availableCores ||
    (othersCores !== undefined && othersCores > Math.max(0, cores - threads) + QUIET_OTHERS)
  )
}

function predictOne(samplesMs: readonly number[]): BenchOkCell['predictOne'] {
  const { n, medianMs, p95Ms } = timingStatistics(samplesMs)
  return { n, medianMs, p95Ms, samplesMs: [...samplesMs] }
}

/** The largest of the repetitions, each figure by itself, and the worst leak. */
function memoryOf(timings: readonly CellTimings[]): BenchMemory {
  const names = [
    'peakRssBytes',
    'jsHeapBytes',
    'jsExternalBytes',
    'engineBytes',
    'tensors',
    'tensorBytes',
  ] as const
  const figures = names.flatMap((name) => {
    const values = timings.flatMap(({ memory }) => memory[name] ?? [])
    return values.length === 0 ? [] : [[name, Math.max(...values)] as const]
  })
  const leaks = timings.flatMap(({ leak }) =>
    leak === undefined ? [] : [{ ...leak, marked: isLeak(leak) }],
  )
  const worst = leaks.find(({ marked }) => marked) ?? leaks[0]
  return { ...Object.fromEntries(figures), ...(worst === undefined ? {} : { leak: worst }) }
}

function isLeak({
  steps,
  tensors,
  tensorBytes,
  engineBytes,
  jsBytes,
}: NonNullable<CellTimings['leak']>): boolean {
  return (
    tensors > 0 ||
    tensorBytes > 0 ||
    engineBytes > 0 ||
    (jsBytes >= LEAK_BYTES.total && jsBytes >= LEAK_BYTES.aStep * steps)
  )
}

/** By the step; what lies between the kernels of a phase is a row of its own. */
function profileOf({ steps, phases, kernels }: ProfiledSteps): BenchProfile {
  const n = steps.length
  const between =
    kernels.length === 0
      ? []
      : phases.map(({ phase, ms }) => ({
          name: '(between kernels)',
          phase,
          calls: 0,
          ms: Math.max(
            0,
            ms -
              kernels
                .filter((kernel) => kernel.phase === phase)
                .reduce((sum, kernel) => sum + kernel.ms, 0),
          ),
        }))
  const rows = [...kernels, ...between].map(({ name, phase, ms, calls }) => ({
    name,
    phase,
    ms: ms / n,
    calls: calls / n,
  }))
  return {
    steps: n,
    stepMs: median(steps),
    phases: phases.map(({ phase, ms }) => ({ phase, ms: ms / n })),
    kernels: rows.sort((a, b) => b.ms - a.ms),
  }
}

function overheadOf(runs: readonly FinishedRun[]): BenchResult['overhead'] {
  return runs.flatMap(({ request, report }) => {
    const timings = timingsOf(report)
    if (request.purpose !== 'overhead' || timings === undefined) return []
    return [
      { batchSize: request.batchSize, medianMs: median(timings.steps), n: timings.steps.length },
    ]
  })
}

function accuracyOf(
  options: BenchOptions,
  runs: readonly FinishedRun[],
  cells: readonly BenchCell[],
): BenchResult['accuracy'] {
  const { toAccuracy: target, maxEpochs } = options
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

function isOf(
  { request }: FinishedRun,
  name: CellName,
  purpose: FinishedRun['request']['purpose'],
): boolean {
  return request.purpose === purpose && sameCell(request, name)
}

function timingsOf(report: CellReport): CellTimings | undefined {
  return report.status === 'ok' ? report.timings : undefined
}

function enginesOf(cells: readonly BenchCell[]): Record<string, string> {
  return Object.assign({}, ...cells.map((cell) => (cell.status === 'ok' ? cell.versions : {})))
}

function median(samples: readonly number[]): number {
  return timingStatistics(samples).medianMs
}
