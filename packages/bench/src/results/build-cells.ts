import { stepTrend, timingStatistics, trend } from '@mnist-lab/metrics'
import type {
  CellReport,
  CellTimings,
  FinishedRequest,
  OkReport,
  ProfiledSteps,
} from '../measure/cell-report.js'
import { firstDivergence, parity, plainParity, sameBits } from '../measure/parity.js'
import type { BenchPlan } from '../protocol/plan.js'
import { BITS_BACKENDS, LEAK_BYTES, QUIET_CPU_SHARE, QUIET_OTHERS } from '../protocol/protocol.js'
import { bitsCells, cellsOf, referenceCell } from '../protocol/schedule.js'
import { codeBytes } from './code-bytes.js'
import {
  type BenchBits,
  type BenchCell,
  type BenchMemory,
  type BenchOkCell,
  type BenchProfile,
  type CellName,
  sameCell,
} from './cell-schema.js'
import type { BenchEnvironment } from './environment.js'

type Cores = Pick<BenchEnvironment, 'cores' | 'availableCores'>

/** A process that measured a cell, and when it ran. */
interface Measured {
  readonly order: number
  readonly report: OkReport
  readonly timings: CellTimings
}

/**
 * Returns the cells with at least one ended process, in the order of the table, not yet compared
 * with each other.
 */
export function benchCells(
  plan: BenchPlan,
  runs: readonly FinishedRequest[],
  cores: Cores,
): BenchCell[] {
  return cellsOf(plan)
    .filter((name) => runs.some((run) => isOf(run, name, 'measure')))
    .map((name) => benchCell(name, runs, cores))
}

function benchCell(name: CellName, runs: readonly FinishedRequest[], cores: Cores): BenchCell {
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
  const bits = bitsOf(name, runs, measured)
  return {
    ...okCell(name, measured, cores),
    parity: found,
    ...(bits === undefined ? {} : { bits }),
    ...(profile?.status === 'ok' && profile.profile !== undefined
      ? { profile: profileOf(profile.profile) }
      : {}),
  }
}

/** Returns a cell's parity, or why it has none. */
function parityOf(
  name: CellName,
  runs: readonly FinishedRequest[],
  measured: readonly Measured[],
): BenchOkCell['parity'] | string {
  const reference = referenceCell(name)
  const compared = reportsOf(reference, runs)
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

/** Returns the reports of a cell that others are compared with. */
function reportsOf(name: CellName, runs: readonly FinishedRequest[]): CellReport[] {
  return runs
    .filter(
      ({ request }) =>
        sameCell(request, name) &&
        (request.purpose === 'reference' || request.purpose === 'measure'),
    )
    .map(({ report }) => report)
}

/**
 * Returns whose bits the weights of all repetitions are, or undefined if there is nothing to
 * compare them with.
 */
function bitsOf(
  name: CellName,
  runs: readonly FinishedRequest[],
  measured: readonly Measured[],
): BenchBits | undefined {
  const traces = measured.flatMap(({ report }) => report.trace ?? [])
  const references = bitsCells(name).flatMap(({ backend, ...rest }) => {
    const bits = (['simd128', 'scalar'] as const).find((build) => BITS_BACKENDS[build] === backend)
    const trace = reportsOf({ backend, ...rest }, runs).flatMap((report) =>
      report.status === 'ok' ? (report.trace ?? []) : [],
    )[0]
    return bits === undefined || trace === undefined ? [] : [{ bits, weights: trace.weights }]
  })
  if (traces.length === 0 || references.length === 0) return undefined
  const same = references.find((reference) =>
    traces.every((trace) => sameBits(trace.weights, reference.weights)),
  )
  return same?.bits ?? 'other'
}

function divergenceOf(
  name: CellName,
  runs: readonly FinishedRequest[],
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
    startUp: phase(({ startUp }) => startUp),
  }
  const evaluations = timings.flatMap(({ evaluate }) => (evaluate === undefined ? [] : [evaluate]))
  const code = codeBytes(name.backend, simd)
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
    ...runtimeOf(measured[0]!.report),
    ...(code === undefined ? {} : { codeBytes: code }),
    epochSeconds: (step.medianMs * Math.ceil(timings[0]!.trainSamples / name.batchSize)) / 1000,
  }
}

/** Returns the browser that all repetitions ran in, with the coarsest clock of them. */
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

/** Returns the runtime of a report, as a field of the cell. */
function runtimeOf({ runtime }: OkReport): Pick<BenchOkCell, 'runtime'> {
  return runtime === undefined ? {} : { runtime }
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

/**
 * An engine with several threads waits by design, so the function checks how much of the cores
 * other programs left.
 */
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

/** Returns the largest value of each figure over the repetitions, and the worst leak. */
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

/** Returns a profile for each step. The time between the kernels of a phase is a separate row. */
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
    meanStepMs: steps.reduce((sum, ms) => sum + ms, 0) / n,
    phases: phases.map(({ phase, ms }) => ({ phase, ms: ms / n })),
    kernels: rows.sort((a, b) => b.ms - a.ms),
  }
}

/** Returns whether a finished request measured a cell for this purpose. */
export function isOf(
  { request }: FinishedRequest,
  name: CellName,
  purpose: FinishedRequest['request']['purpose'],
): boolean {
  return request.purpose === purpose && sameCell(request, name)
}

/** Returns the timings of a report, or undefined if it has none. */
export function timingsOf(report: CellReport): CellTimings | undefined {
  return report.status === 'ok' ? report.timings : undefined
}

function median(samples: readonly number[]): number {
  return timingStatistics(samples).medianMs
}
