import { z } from 'zod'
import { benchParitySchema } from './bench-parity.js'
import { benchProfileSchema } from './bench-profile.js'

const count = z.number().int().nonnegative()
const positive = z.number().int().positive()
const milliseconds = z.number().nonnegative()
const samplesMs = z.array(milliseconds).min(1)

export const cellNameSchema = z.object({
  /** A backend of ours, or a peer. */
  backend: z.string(),
  model: z.string(),
  batchSize: positive,
  /** As asked for; absent: the backend's own choice. */
  askedThreads: positive.optional(),
})

const phaseSchema = z.object({
  /** Of the repetitions. */
  medianMs: milliseconds,
  /** One for each repetition. */
  samplesMs,
})

export const benchStepSchema = z
  .object({
    /** Steps that count: of the processes that were not disturbed, or of all where all were. The figures are theirs. */
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
  .refine(
    (step) =>
      step.samplesMs.length >= step.n && sum(step.samplesPerRepetition) === step.samplesMs.length,
    {
      error: 'n, samplesMs and samplesPerRepetition disagree',
    },
  )

const trendSchema = z.object({
  /** From the first value to the last, as a share of the median. */
  change: z.number(),
  p: z.number(),
  /** Unlikely to be chance, and large enough to matter. */
  marked: z.boolean(),
})

/** One process. */
export const benchRepetitionSchema = z.object({
  /** Place in `protocol.order`, from 0: when it ran. */
  order: count,
  medianMs: milliseconds,
  /** A fixed piece of work, median of before and after the timed steps: how fast the machine was. */
  yardstickMs: milliseconds.optional(),
  /** Of the timed steps; absent where they are too few. */
  trend: trendSchema.optional(),
  /** Garbage collections during the timed steps, and their time. */
  collections: count.optional(),
  collectionMs: milliseconds.optional(),
  /** Processor time of the whole process during the timed steps / their duration: below 1, an engine of one thread had to wait for its core. */
  cpuShare: z.number().nonnegative().optional(),
  /** Cores' worth of time that other programs used meanwhile. */
  othersCores: z.number().nonnegative().optional(),
  /** Whether other programs took the core away during the timed steps, as far as can be told. */
  disturbed: z.boolean(),
})

export const ratioIntervalSchema = z.object({
  ratio: z.number(),
  low: z.number(),
  high: z.number(),
  confidence: z.number(),
  resamples: positive,
})

export const versusBaselineSchema = ratioIntervalSchema.extend({
  /** See `compareRepetitions`, all cells being one family; absent with too few processes to tell. */
  p: z.number().optional(),
  verdict: z.enum(['faster', 'slower', 'no difference shown']).optional(),
})

/** Largest of the repetitions, where it can be told. */
export const benchMemorySchema = z.object({
  /** The process's largest resident set: engine, data and runtime together. */
  peakRssBytes: positive.optional(),
  /** JavaScript objects, and memory outside the heap that they hold (the data set included), after a garbage collection at the end. */
  jsHeapBytes: count.optional(),
  jsExternalBytes: count.optional(),
  /** What the engine has reserved: its WebAssembly memory. */
  engineBytes: count.optional(),
  tensors: count.optional(),
  tensorBytes: count.optional(),
  /** What was added over the timed steps, between two garbage collections. */
  leak: z
    .object({
      steps: positive,
      tensors: z.number().int(),
      tensorBytes: z.number(),
      engineBytes: z.number(),
      jsBytes: z.number(),
      /** Whether anything grew that should not. */
      marked: z.boolean(),
    })
    .optional(),
})

/** Where a cell ran that did not run in Node.js. */
export const benchBrowserSchema = z.object({
  name: z.string(),
  version: z.string(),
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
  repetitions: z.array(benchRepetitionSchema).min(1),
  /** Of the repetitions' medians, in the order in which they ran; absent where they are too few. */
  drift: trendSchema.optional(),
  /** Everything before the steady state, each by itself; what a peer cannot tell apart is absent. */
  phases: z.object({
    load: phaseSchema.optional(),
    open: phaseSchema.optional(),
    compile: phaseSchema.optional(),
    firstStep: phaseSchema.optional(),
  }),
  evaluate: z
    .object({
      /** Median of the repetitions'. */
      imagesPerSecond: z.number().positive(),
      repetitions: z.array(z.object({ images: positive, ms: milliseconds })).min(1),
    })
    .optional(),
  predictOne: z
    .object({ n: positive, medianMs: milliseconds, p95Ms: milliseconds, samplesMs })
    .optional(),
  memory: benchMemorySchema,
  browser: benchBrowserSchema.optional(),
  /** Estimated: median step × steps in an epoch over all training images, evaluation not included. */
  epochSeconds: z.number().nonnegative(),
  /** The baseline's median step / this one's (above 1: faster); none for the baseline itself, or where it has none. */
  versusBaseline: versusBaselineSchema.optional(),
  parity: benchParitySchema,
  /** From a process of its own. */
  profile: benchProfileSchema.optional(),
})

/** The backend cannot open here. */
export const benchUnavailableCellSchema = cellNameSchema.extend({
  status: z.literal('unavailable'),
  ...engineSchema.partial().shape,
  reason: z.string(),
  hint: z.string(),
})

/** It began and did not come to an end. */
export const benchFailedCellSchema = cellNameSchema.extend({
  status: z.literal('failed'),
  ...engineSchema.partial().shape,
  reason: z.string(),
})

export const benchCellSchema = z.discriminatedUnion('status', [
  benchOkCellSchema,
  benchUnavailableCellSchema,
  benchFailedCellSchema,
])

export type CellName = z.infer<typeof cellNameSchema>
export type BenchBrowser = z.infer<typeof benchBrowserSchema>
export type BenchStep = z.infer<typeof benchStepSchema>
export type BenchRepetition = z.infer<typeof benchRepetitionSchema>
export type BenchMemory = z.infer<typeof benchMemorySchema>
export type BenchOkCell = z.infer<typeof benchOkCellSchema>
export type BenchCell = z.infer<typeof benchCellSchema>

/** A cell's step samples by repetition, all of them. */
export function samplesByRepetition(step: BenchStep): number[][] {
  let at = 0
  return step.samplesPerRepetition.map((length) => step.samplesMs.slice(at, (at += length)))
}

/** Those of the repetitions that count, as `bootstrapRatio` takes them: see {@link benchStepSchema}. */
export function countedSamples({
  step,
  repetitions,
}: Pick<BenchOkCell, 'step' | 'repetitions'>): number[][] {
  const all = samplesByRepetition(step)
  const quiet = all.filter((_, at) => repetitions[at]?.disturbed !== true)
  return quiet.length === 0 ? all : quiet
}

/** Whether two are the same line of a table. */
export function sameCell(a: CellName, b: CellName): boolean {
  return (
    a.backend === b.backend &&
    a.model === b.model &&
    a.batchSize === b.batchSize &&
    a.askedThreads === b.askedThreads
  )
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
