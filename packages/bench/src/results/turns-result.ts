import { timingStatistics } from '@mnist-lab/metrics'
import { maxDelta } from '../measure/parity.js'
import { DEFAULT_RUNTIME, backendInRuntime, parseEngineName } from '../protocol/engine-name.js'
import type { BenchPlan } from '../protocol/plan.js'
import { LEARNING_RATE, LOSS_TOLERANCE, MOMENTUM, TURNS } from '../protocol/protocol.js'
import type { BenchCell, BenchOkCell, CellName } from './cell-schema.js'
import type { BenchEnvironment } from './environment.js'
import { inverted, isFiniteRatio, pairedRatio } from './ratios.js'
import {
  BENCH_SCHEMA,
  type BenchProtocol,
  type BenchResult,
  benchResultSchema,
} from './result-schema.js'

/** The measurements of the engines of one model and batch size, in turns. */
export interface TurnsGroup {
  readonly model: string
  readonly batchSize: number
  /** The engines that ran, in the order of the plan. */
  readonly engines: readonly MeasuredEngine[]
  readonly skipped: readonly SkippedEngine[]
  readonly failed: readonly FailedEngine[]
  /** The engines' names of each round, in the order in which they had their turns. */
  readonly orders: readonly (readonly string[])[]
}

/** The samples of one engine. */
export interface MeasuredEngine {
  /** Its name with its threads: `fused:2`. */
  readonly engine: string
  readonly info: EngineInfo
  /** The losses of the steps for parity. */
  readonly losses: readonly number[]
  /** The milliseconds of each step, by round. */
  readonly rounds: readonly (readonly number[])[]
}

/** An engine's description of itself. */
interface EngineInfo {
  readonly versions: Readonly<Record<string, string>>
  readonly threads: number
  /** The device, the instruction set and the like, in words. */
  readonly details: string
  readonly simd?: string | undefined
}

/** An engine that did not start, and why. */
export interface SkippedEngine {
  readonly engine: string
  readonly reason: string
  readonly hint: string
}

/** An engine that started but did not finish all rounds, and why. */
export type FailedEngine = Omit<SkippedEngine, 'hint'>

/** Says how many samples MNIST has. */
export interface SampleCounts {
  readonly trainSamples: number
  readonly testSamples: number
}

/** Returns the result of a bench in turns, as `--json` writes it. */
export function turnsResult(
  plan: BenchPlan,
  groups: readonly TurnsGroup[],
  environment: BenchEnvironment,
  { interrupted, ...samples }: SampleCounts & { readonly interrupted: boolean },
): BenchResult {
  const { seed, repetitions, budget } = plan
  const baseline = plan.engines[0]!
  const cells = turnsCells(groups, { seed, baseline, trainSamples: samples.trainSamples })
  const versions = cells.map((cell) => (cell.status === 'ok' ? cell.versions : {}))
  return benchResultSchema.parse({
    schema: BENCH_SCHEMA,
    status: interrupted ? 'interrupted' : 'completed',
    environment: {
      ...environment,
      packages: Object.assign({}, environment.packages, ...versions) as Record<string, string>,
    },
    protocol: {
      mode: 'turns',
      repetitions,
      warmup: TURNS.firstWarmup,
      turn: { warmup: TURNS.turnWarmup, pauseMs: TURNS.pauseMs },
      budget,
      seed,
      order: turnsOrder(groups),
      baseline,
      parity: { steps: TURNS.lossSteps, lossTolerance: LOSS_TOLERANCE },
      training: { learningRate: LEARNING_RATE, momentum: MOMENTUM },
      dataset: { name: 'mnist', ...samples },
    },
    cells,
    overhead: [],
  } satisfies BenchResult)
}

/** Returns every turn in the order in which they were taken. */
export function turnsOrder(groups: readonly TurnsGroup[]): BenchProtocol['order'] {
  return groups.flatMap((group) =>
    group.orders.flatMap((names, round) =>
      names.map((engine) => ({
        ...cellName(engine, group),
        repetition: round + 1,
        purpose: 'measure' as const,
      })),
    ),
  )
}

/**
 * Returns the cells of a bench in turns, with the engines in the order of the plan. The same seed
 * gives the same intervals.
 *
 * @param options.baseline the first engine of the plan; if it did not run, the first one that did
 * run replaces it
 */
export function turnsCells(
  groups: readonly TurnsGroup[],
  options: { readonly seed: number; readonly baseline: string; readonly trainSamples: number },
): BenchCell[] {
  let turnsBefore = 0
  return groups.flatMap((group) => {
    const base = group.engines[0]
    const measured = group.engines.map((engine) =>
      okCell(engine, base!, group, turnsBefore, options),
    )
    turnsBefore += group.orders.reduce((sum, { length }) => sum + length, 0)
    const skipped = group.skipped.map(({ engine, reason, hint }) => ({
      ...cellName(engine, group),
      status: 'unavailable' as const,
      reason,
      hint,
    }))
    const failed = group.failed.map(({ engine, reason }) => ({
      ...cellName(engine, group),
      status: 'failed' as const,
      reason,
    }))
    return [...measured, ...skipped, ...failed]
  })
}

function okCell(
  measured: MeasuredEngine,
  base: MeasuredEngine,
  group: TurnsGroup,
  turnsBefore: number,
  { seed, baseline, trainSamples }: Parameters<typeof turnsCells>[1],
): BenchOkCell {
  const { engine, info, losses, rounds } = measured
  const medians = rounds.map(median)
  const samplesMs = rounds.flat()
  const medianMs = median(medians)
  const maxLossDelta = maxDelta(losses, base.losses)
  const versus =
    measured === base ? undefined : inverted(pairedRatio(medians, base.rounds.map(median), seed))
  return {
    ...cellName(engine, group),
    status: 'ok',
    threads: info.threads,
    simd: info.simd ?? '–',
    device: info.details,
    versions: { ...info.versions },
    notes: [info.details],
    step: {
      ...timingStatistics(samplesMs),
      // The median over the rounds of the median step of each.
      medianMs,
      samplesMs,
      samplesPerRepetition: rounds.map(({ length }) => length),
    },
    repetitions: medians.map((ms, round) => ({
      order: turnsBefore + orderOf(engine, round, group),
      medianMs: ms,
      disturbed: false,
    })),
    phases: {},
    memory: {},
    epochSeconds: (medianMs * Math.ceil(trainSamples / group.batchSize)) / 1000,
    ...(versus === undefined || !isFiniteRatio(versus)
      ? {}
      : {
          versusBaseline: {
            ...versus,
            ...(base.engine === baseline ? {} : { baseline: base.engine }),
          },
        }),
    parity: {
      reference: base.engine,
      steps: losses.length,
      maxLossDelta,
      layers: [],
      // A training that diverged has losses that JSON cannot hold.
      losses: losses.map((loss) => (Number.isFinite(loss) ? loss : Number.MAX_VALUE)),
      ok: maxLossDelta <= LOSS_TOLERANCE,
    },
  }
}

function orderOf(engine: string, round: number, { orders }: TurnsGroup): number {
  const before = orders.slice(0, round).reduce((sum, { length }) => sum + length, 0)
  return before + Math.max(0, orders[round]?.indexOf(engine) ?? 0)
}

function cellName(engine: string, { model, batchSize }: TurnsGroup): CellName {
  const { backend, runtime, threads } = parseEngineName(engine) ?? {
    backend: engine,
    runtime: DEFAULT_RUNTIME,
  }
  return {
    backend: backendInRuntime(backend, runtime),
    model,
    batchSize,
    ...(threads === undefined ? {} : { askedThreads: threads }),
  }
}

function median(samples: readonly number[]): number {
  return timingStatistics(samples).medianMs
}
