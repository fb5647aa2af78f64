import {
  BENCH_SCHEMA, benchResultSchema, bootstrapRatio, samplesByRepetition, timingStatistics,
  type BenchCell, type BenchEnvironment, type BenchOkCell, type BenchResult,
} from '@mnist-lab/metrics'
import { sameCell, type CellName, type CellTimings, type FinishedRun, type OkReport } from './cell-report.js'
import type { BenchOptions } from './options.js'
import { takeApart } from './place-name.js'
import { parity } from './parity.js'
import { LOSS_TOLERANCE, PARITY_STEPS, referenceOf, WARMUP, WEIGHT_TOLERANCE } from './protocol.js'
import type { FinishedBench } from './run-bench.js'
import { cellsOf } from './schedule.js'
import { seededRandom } from './seeded-random.js'

type MeasuredReport = OkReport & { readonly timings: CellTimings }

/** The result of all runs, as `--json` writes it and the report reads it. */
export function benchResult(
  options: BenchOptions, { runs, interrupted }: FinishedBench, environment: BenchEnvironment,
): BenchResult {
  const names = cellsOf(options).filter((name) => reportsOf(name, runs).length > 0)
  const baseline = options.backends.find((name) => takeApart(name).backend === 'cpu') ?? options.backends[0]!
  const cells = withRatios(names.map((name) => benchCell(name, runs)), baseline, options.seed)
  const { trainSamples, testSamples } = runs.map(({ report }) => timingsOf(report)).find((found) => found !== undefined)
    // What MNIST has, where no process came far enough to count.
    ?? { trainSamples: 60_000, testSamples: 10_000 }
  return benchResultSchema.parse({
    schema: BENCH_SCHEMA,
    status: interrupted ? 'interrupted' : 'completed',
    environment: { ...environment, packages: { ...environment.packages, ...enginesOf(cells) } },
    protocol: {
      repetitions: options.repetitions, warmup: WARMUP, budget: options.budget, seed: options.seed, baseline,
      order: runs.map(({ request: { backend, model, batchSize, repetition, reference } }) =>
        ({ backend, model, batchSize, repetition, reference })),
      parity: { steps: PARITY_STEPS, lossTolerance: LOSS_TOLERANCE, weightTolerance: WEIGHT_TOLERANCE },
      dataset: { name: 'mnist', trainSamples, testSamples },
    },
    cells,
  } satisfies BenchResult)
}

function benchCell(name: CellName, runs: readonly FinishedRun[]): BenchCell {
  const reports = reportsOf(name, runs)
  const absent = reports.find((report) => report.status !== 'ok')
  if (absent !== undefined) return { ...name, ...absent }
  const measured = reports.filter((report): report is MeasuredReport => timingsOf(report) !== undefined)
  const reference = referenceOf(name.backend)
  const compared = runs
    .filter(({ request }) => sameCell(request, { ...name, backend: reference }))
    .map(({ report }) => report)
  const expected = compared.find((report) => report.status === 'ok')
  if (expected === undefined) {
    const why = compared.map((report) => (report.status === 'ok' ? '' : report.reason))[0] ?? 'it had not run yet'
    const reason = `no parity, so no speed: the reference, ${reference}, did not run: ${why}`
    return { ...name, status: 'failed', reason }
  }
  return okCell(name, measured, parity(reference, expected.trace, measured.map(({ trace }) => trace)))
}

function okCell(name: CellName, reports: readonly MeasuredReport[], parity: BenchOkCell['parity']): BenchOkCell {
  const { threads, simd, device, versions, notes } = reports[0]!.info
  const timings = reports.map((report) => report.timings)
  const samplesMs = timings.flatMap(({ steps }) => steps)
  const step = timingStatistics(samplesMs)
  const phase = (of: (timings: CellTimings) => number) => {
    const samples = timings.map(of)
    return { medianMs: timingStatistics(samples).medianMs, samplesMs: samples }
  }
  const predictSamplesMs = timings.flatMap(({ predictOne }) => predictOne)
  const predict = timingStatistics(predictSamplesMs)
  return {
    ...name, status: 'ok', threads, simd, device, versions, notes: [...notes],
    step: { ...step, samplesMs, samplesPerRepetition: timings.map(({ steps }) => steps.length) },
    phases: {
      load: phase(({ load }) => load), open: phase(({ open }) => open),
      compile: phase(({ compile }) => compile), firstStep: phase(({ firstStep }) => firstStep),
    },
    evaluate: {
      imagesPerSecond: median(timings.map(({ evaluate: { images, ms } }) => (images / ms) * 1000)),
      repetitions: timings.map(({ evaluate }) => evaluate),
    },
    predictOne: { n: predict.n, medianMs: predict.medianMs, p95Ms: predict.p95Ms, samplesMs: predictSamplesMs },
    ...timings.some(({ peakRssBytes }) => peakRssBytes === undefined) ? {} : { peakRssBytes: Math.max(...timings.map(({ peakRssBytes }) => peakRssBytes!)) },
    ...browserOf(reports),
    epochSeconds: (step.medianMs * Math.ceil(timings[0]!.trainSamples / name.batchSize)) / 1000,
    parity,
  }
}

/** The browser that all repetitions ran in, with the coarsest clock that one of them had. */
function browserOf(reports: readonly OkReport[]): Pick<BenchOkCell, 'browser'> {
  const browsers = reports.flatMap(({ browser }) => browser ?? [])
  const [first] = browsers
  if (first === undefined) return {}
  const { name = 'this browser', version = 'unknown', crossOriginIsolated } = first
  return { browser: { name, version, crossOriginIsolated, timerResolutionMs: Math.max(...browsers.map(({ timerResolutionMs }) => timerResolutionMs)) } }
}

/** Each cell's step against the baseline's of the same model and batch, where there is one. */
function withRatios(cells: readonly BenchCell[], baseline: string, seed: number): BenchCell[] {
  return cells.map((cell) => {
    if (cell.status !== 'ok' || cell.backend === baseline) return cell
    const base = cells.find((other) => sameCell(other, { ...cell, backend: baseline }))
    if (base?.status !== 'ok') return cell
    const random = seededRandom(seed, 0)
    return {
      ...cell,
      versusBaseline: bootstrapRatio(samplesByRepetition(base.step), samplesByRepetition(cell.step), { random }),
    }
  })
}

/** Of the processes that measured this cell, not of those that ran as a reference alone. */
function reportsOf(name: CellName, runs: readonly FinishedRun[]): FinishedRun['report'][] {
  return runs.filter(({ request }) => !request.reference && sameCell(request, name)).map(({ report }) => report)
}

function timingsOf(report: FinishedRun['report']): CellTimings | undefined {
  return report.status === 'ok' ? report.timings : undefined
}

function enginesOf(cells: readonly BenchCell[]): Record<string, string> {
  return Object.assign({}, ...cells.map((cell) => (cell.status === 'ok' ? cell.versions : {})))
}

function median(samples: readonly number[]): number {
  return timingStatistics(samples).medianMs
}
