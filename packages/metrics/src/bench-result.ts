import { z } from 'zod'

export const BENCH_SCHEMA = 'mnist-lab/bench@1'

const count = z.number().int().nonnegative()
const positive = z.number().int().positive()
const milliseconds = z.number().nonnegative()
const samplesMs = z.array(milliseconds).min(1)

export const benchEnvironmentSchema = z.object({
  /** Platform and release. */
  os: z.string(),
  arch: z.string(),
  cpu: z.string(),
  /** Logical ones. */
  cores: positive,
  /** A page is not told, nor has it Node.js. */
  memoryBytes: positive.optional(),
  node: z.string().optional(),
  v8: z.string().optional(),
  /** Versions of the packages that were measured, by name. */
  packages: z.record(z.string(), z.string()),
  /** Of the checkout, when it is one; `+` at the end: with uncommitted changes. */
  commit: z.string().optional(),
  /** ISO 8601, when the run began. */
  date: z.string(),
  /** Over 1, 5 and 15 minutes; zeros where the system keeps none. */
  loadAverageBefore: z.tuple([z.number(), z.number(), z.number()]),
  loadAverageAfter: z.tuple([z.number(), z.number(), z.number()]),
})

const cellNameSchema = z.object({ backend: z.string(), model: z.string(), batchSize: positive })

export const benchProtocolSchema = z.object({
  /** Fresh processes for each cell. */
  repetitions: positive,
  /** Steps before the timed ones, the first included: until their number or the seconds are used up. */
  warmup: z.object({ minSteps: count, maxSteps: count, seconds: z.number().nonnegative() }),
  /** How long a repetition steps: a number of steps, or seconds within bounds on the number. */
  budget: z.union([
    z.object({ steps: positive }),
    z.object({ seconds: z.number().positive(), minSteps: positive, maxSteps: positive }),
  ]),
  seed: count,
  /** Every process in the order in which they ran. */
  order: z.array(cellNameSchema.extend({ repetition: positive, reference: z.boolean() })),
  baseline: z.string(),
  parity: z.object({ steps: positive, lossTolerance: z.number(), weightTolerance: z.number() }),
  dataset: z.object({ name: z.string(), trainSamples: positive, testSamples: positive }),
})

const phaseSchema = z.object({
  /** Of the repetitions. */
  medianMs: milliseconds,
  /** One for each repetition. */
  samplesMs,
})

export const benchStepSchema = z
  .object({
    n: positive,
    medianMs: milliseconds,
    madMs: milliseconds,
    p5Ms: milliseconds,
    p95Ms: milliseconds,
    minMs: milliseconds,
    maxMs: milliseconds,
    /** Raw, of all repetitions, one after another. */
    samplesMs,
    /** How many of `samplesMs` each repetition gave. */
    samplesPerRepetition: z.array(positive).min(1),
  })
  .refine((step) => step.samplesMs.length === step.n && sum(step.samplesPerRepetition) === step.n, {
    error: 'n, samplesMs and samplesPerRepetition disagree',
  })

export const benchParitySchema = z.object({
  /** The backend compared with, run in a process of its own on the same batches from the same weights. */
  reference: z.string(),
  steps: positive,
  /** Largest absolute difference of a step's loss, over steps and repetitions. */
  maxLossDelta: z.number().nonnegative(),
  /** Largest absolute difference of a weight after these steps, over repetitions. */
  maxWeightDelta: z.number().nonnegative(),
  ok: z.boolean(),
})

export const ratioIntervalSchema = z.object({
  ratio: z.number(), low: z.number(), high: z.number(), confidence: z.number(), resamples: positive,
})

/** Where a cell ran that did not run in Node.js. */
export const benchBrowserSchema = z.object({
  name: z.string(), version: z.string(),
  /** Without it no threads share memory, and the clock is coarser. */
  crossOriginIsolated: z.boolean(),
  /** The smallest step of its clock. */
  timerResolutionMs: z.number().positive(),
})

const engineSchema = z.object({ threads: positive, simd: z.string() })

export const benchOkCellSchema = cellNameSchema.extend({
  status: z.literal('ok'),
  /** What really ran. */
  ...engineSchema.shape,
  device: z.string(),
  versions: z.record(z.string(), z.string()),
  notes: z.array(z.string()),
  step: benchStepSchema,
  /** Everything before the steady state, each by itself. */
  phases: z.object({ load: phaseSchema, open: phaseSchema, compile: phaseSchema, firstStep: phaseSchema }),
  evaluate: z.object({
    /** Median of the repetitions'. */
    imagesPerSecond: z.number().positive(),
    repetitions: z.array(z.object({ images: positive, ms: milliseconds })).min(1),
  }),
  predictOne: z.object({ n: positive, medianMs: milliseconds, p95Ms: milliseconds, samplesMs }),
  /** The process's largest resident set, the largest of the repetitions: engine, data and Node.js together; browsers do not tell. */
  peakRssBytes: positive.optional(),
  browser: benchBrowserSchema.optional(),
  /** Estimated: median step × steps in an epoch over all training images, evaluation not included. */
  epochSeconds: z.number().nonnegative(),
  /** The baseline's median step / this one's (above 1: faster); none for the baseline itself, or where it has none. */
  versusBaseline: ratioIntervalSchema.optional(),
  parity: benchParitySchema,
})

/** The backend cannot open here. */
export const benchUnavailableCellSchema = cellNameSchema.extend({
  status: z.literal('unavailable'), ...engineSchema.partial().shape, reason: z.string(), remedy: z.string(),
})

/** It began and did not come to an end. */
export const benchFailedCellSchema = cellNameSchema.extend({
  status: z.literal('failed'), ...engineSchema.partial().shape, reason: z.string(),
})

export const benchCellSchema = z.discriminatedUnion('status', [
  benchOkCellSchema, benchUnavailableCellSchema, benchFailedCellSchema,
])

/** What `bench --json` writes. */
export const benchResultSchema = z.object({
  schema: z.literal(BENCH_SCHEMA),
  /** `interrupted`: cells have fewer repetitions than the protocol says, or are missing. */
  status: z.enum(['completed', 'interrupted']),
  environment: benchEnvironmentSchema,
  protocol: benchProtocolSchema,
  cells: z.array(benchCellSchema),
})

export type BenchEnvironment = z.infer<typeof benchEnvironmentSchema>
export type BenchProtocol = z.infer<typeof benchProtocolSchema>
export type BenchBrowser = z.infer<typeof benchBrowserSchema>
export type BenchStep = z.infer<typeof benchStepSchema>
export type BenchParity = z.infer<typeof benchParitySchema>
export type BenchOkCell = z.infer<typeof benchOkCellSchema>
export type BenchCell = z.infer<typeof benchCellSchema>
export type BenchResult = z.infer<typeof benchResultSchema>

/** A cell's step samples by repetition, as `bootstrapRatio` takes them. */
export function samplesByRepetition(step: BenchStep): number[][] {
  let at = 0
  return step.samplesPerRepetition.map((length) => step.samplesMs.slice(at, at += length))
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
