import { z } from 'zod'
import { textSchema } from '../protocol/text-schema.js'

const delta = z.number().nonnegative()

/** The difference of two tensors. */
const tensorDeltaSchema = z.object({
  /** The largest absolute difference of two numbers at the same place. */
  maxDelta: delta,
  /** The same, as a share of the largest magnitude in the reference. */
  relative: delta,
})

/** The differences of one parameter of the model. */
const parityLayerSchema = z.object({
  /** The parameter's name: `conv2d_1/kernel`. */
  name: textSchema,
  /** The difference of its gradient in the first step. */
  gradient: tensorDeltaSchema.optional(),
  /** The difference of its value after all steps of parity. */
  weight: tensorDeltaSchema,
})

/** The first layer whose result or gradient differs from the reference's. */
const firstDivergenceSchema = z.object({
  /** The layer's place and type: `3 avgPool2d`. */
  layer: textSchema,
  pass: z.enum(['forward', 'backward']),
  relative: delta,
})

/**
 * The parity of a cell, which says whether an engine computes the same as a reference. Both train
 * from the same weights on the same batches, and their losses, weights, gradients and outputs are
 * compared.
 */
export const benchParitySchema = z.object({
  /**
   * The engine compared with: a reference backend in a process of its own, or in turns the first
   * engine.
   */
  reference: textSchema,
  steps: z.number().int().positive(),
  /** The largest absolute difference of a step's loss, over steps and repetitions. */
  maxLossDelta: delta,
  /**
   * The largest absolute difference of a weight after these steps. Absent where no weights are
   * compared.
   */
  maxWeightDelta: delta.optional(),
  /** The difference of the untrained model's output for test images: inference alone. */
  forward: tensorDeltaSchema.optional(),
  /** The differences of each parameter, the worst of the repetitions. */
  layers: z.array(parityLayerSchema),
  /**
   * In turns: the engine's own losses in these steps; one that is not finite is the largest number.
   */
  losses: z.array(z.number()).optional(),
  ok: z.boolean(),
  /**
   * Outside the tolerance: the first layer that differs, found by training longer and longer parts
   * of the model.
   */
  firstDivergence: firstDivergenceSchema.optional(),
})

/** The difference of two tensors. */
export type TensorDelta = z.infer<typeof tensorDeltaSchema>
/** The differences of one parameter. */
export type ParityLayer = z.infer<typeof parityLayerSchema>
/** The first layer that differs. */
export type FirstDivergence = z.infer<typeof firstDivergenceSchema>
/** See {@link benchParitySchema}. */
export type BenchParity = z.infer<typeof benchParitySchema>

/**
 * The phases of a training step, in their order. `synchronise` is waiting for the engine and
 * reading its results.
 */
export const STEP_PHASES = ['data', 'forward', 'backward', 'update', 'synchronise'] as const

/** One of {@link STEP_PHASES}. */
const stepPhaseSchema = z.enum(STEP_PHASES)

/** The times of the phases and kernels of a step, measured in a separate process. */
export const benchProfileSchema = z.object({
  steps: z.number().int().positive(),
  /** The median step with a clock around every kernel, which makes it longer than a timed step. */
  stepMs: z.number().nonnegative(),
  /** The mean of these steps, which the phases add up to. Absent in older files. */
  meanStepMs: z.number().nonnegative().optional(),
  /** Mean milliseconds in each step. */
  phases: z.array(z.object({ phase: stepPhaseSchema, ms: z.number().nonnegative() })),
  /**
   * The kernels of a step, most expensive first. The time of a kernel that another one calls is
   * counted for the inner one alone. The time between kernels is the row `(between kernels)`.
   */
  kernels: z.array(
    z.object({
      name: textSchema,
      phase: stepPhaseSchema,
      calls: z.number().nonnegative(),
      ms: z.number().nonnegative(),
    }),
  ),
})

/** A phase of a training step. */
export type StepPhase = z.infer<typeof stepPhaseSchema>
/** See {@link benchProfileSchema}. */
export type BenchProfile = z.infer<typeof benchProfileSchema>

const count = z.number().int().nonnegative()
const positive = z.number().int().positive()
const milliseconds = z.number().nonnegative()
const samplesMs = z.array(milliseconds).min(1)

/** The name of a cell, which is one row of the table. */
export const cellNameSchema = z.object({
  /** A backend, with its runtime if that is not Node.js (`fused@chromium`), or a peer. */
  backend: textSchema,
  model: textSchema,
  batchSize: positive,
  /** The number of threads that was asked for; absent: the engine's own choice. */
  askedThreads: positive.optional(),
})

const phaseSchema = z.object({
  /** The median of the repetitions. */
  medianMs: milliseconds,
  /** One sample for each repetition. */
  samplesMs,
})

/** The timed steps of a cell. */
const benchStepSchema = z
  .object({
    /**
     * The number of steps that count: those of the processes that were not disturbed, or all where
     * every process was. The figures below are of these steps.
     */
    n: positive,
    /** The median of the steps; in turns the median over the rounds of the median step of each. */
    medianMs: milliseconds,
    /** The median absolute deviation: half of the steps are this close to the median. */
    madMs: milliseconds,
    p5Ms: milliseconds,
    p95Ms: milliseconds,
    minMs: milliseconds,
    maxMs: milliseconds,
    /** The raw samples of all repetitions, one after another. */
    samplesMs,
    /** Says how many of `samplesMs` came from each repetition. */
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
  /** The change from the first value to the last, as a share of the median. */
  change: z.number(),
  p: z.number(),
  /** Whether the change is unlikely to be chance, and large enough to matter. */
  marked: z.boolean(),
})

/** One process, or one turn. */
const benchRepetitionSchema = z.object({
  /** Its index in `protocol.order`, which says when it ran. */
  order: count,
  medianMs: milliseconds,
  /**
   * The median time of a fixed piece of work before and after the timed steps: how fast the machine
   * was.
   */
  yardstickMs: milliseconds.optional(),
  /** The trend of the timed steps; absent where they are too few. */
  trend: trendSchema.optional(),
  /** The number of garbage collections during the timed steps, and their time. */
  collections: count.optional(),
  collectionMs: milliseconds.optional(),
  /**
   * The process's processor time over the timed steps / their duration. Below 1, an engine with one
   * thread waited for its core.
   */
  cpuShare: z.number().nonnegative().optional(),
  /** Says how many cores' worth of time other programs used meanwhile. */
  othersCores: z.number().nonnegative().optional(),
  /**
   * Whether other programs took the core away during the timed steps, as far as the system tells.
   */
  disturbed: z.boolean(),
})

/** A ratio of times with its bootstrap interval. */
const ratioIntervalSchema = z.object({
  ratio: z.number(),
  low: z.number(),
  high: z.number(),
  confidence: z.number(),
  resamples: positive,
})

/** Says how a cell compares with the baseline of its model and batch size. */
const versusBaselineSchema = ratioIntervalSchema.extend({
  /**
   * The engine compared with, where it is not the protocol's baseline: in turns, where that one did
   * not run.
   */
  baseline: textSchema.optional(),
  /**
   * See `compareRepetitions`; all cells are one family of comparisons. Absent with too few
   * processes to tell.
   */
  p: z.number().optional(),
  verdict: z.enum(['faster', 'slower', 'no difference shown']).optional(),
})

/**
 * The memory of a cell: each figure is the largest of the repetitions, where the runtime tells it.
 */
const benchMemorySchema = z.object({
  /** The largest resident set of the process: engine, data and runtime together. */
  peakRssBytes: positive.optional(),
  /**
   * JavaScript's heap, and the memory outside the heap that it holds (the data set included), after
   * a garbage collection at the end.
   */
  jsHeapBytes: count.optional(),
  jsExternalBytes: count.optional(),
  /** The memory that the engine has reserved: its WebAssembly memory. */
  engineBytes: count.optional(),
  tensors: count.optional(),
  tensorBytes: count.optional(),
  /** The growth over the timed steps, between two garbage collections. */
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

/** The browser that a cell ran in. */
const benchBrowserSchema = z.object({
  name: textSchema,
  version: textSchema,
  /**
   * Whether the page was cross-origin isolated: otherwise threads share no memory, and the clock is
   * coarser.
   */
  crossOriginIsolated: z.boolean(),
  /** The smallest step of the browser's clock. */
  timerResolutionMs: z.number().positive(),
})

/** The runtime that a cell ran in, where that is not the Node.js of the bench or a browser. */
export const benchRuntimeSchema = z.object({
  /** The runtime's own name, such as `Bun`. */
  name: textSchema,
  version: textSchema,
  /**
   * Whose clock timed the steps: its own, or that of the program that started it, which times
   * several steps at once.
   */
  clock: z.enum(['own', 'host']),
  /** Set where a program imitates the processor, so that no time says how fast anything is. */
  emulated: z.literal(true).optional(),
  /** What else a reader of its figures has to know, such as that a processor is emulated. */
  notes: z.array(textSchema).max(20),
})

/**
 * Says whose bits the weights after the steps of parity are: those of the fused engine's build
 * `simd128`, those of its build `scalar`, or others.
 */
const bitsSchema = z.enum(['simd128', 'scalar', 'other'])

const engineSchema = z.object({ threads: positive, simd: textSchema })

/** A cell that was measured. */
export const benchOkCellSchema = cellNameSchema.extend({
  status: z.literal('ok'),
  /** The number of threads and the instruction set that really ran. */
  ...engineSchema.shape,
  device: textSchema,
  versions: z.record(textSchema, textSchema),
  notes: z.array(textSchema),
  step: benchStepSchema,
  repetitions: z.array(benchRepetitionSchema).min(1),
  /**
   * The trend of the repetitions' medians, in the order in which they ran; absent where they are
   * too few.
   */
  drift: trendSchema.optional(),
  /**
   * The phases before the timed steps, each separately. Phases that an engine does not report are
   * absent.
   */
  phases: z.object({
    load: phaseSchema.optional(),
    open: phaseSchema.optional(),
    compile: phaseSchema.optional(),
    firstStep: phaseSchema.optional(),
    /**
     * The time from the start of the process, or of the page, to the end of the first step, without
     * reading the data.
     */
    startUp: phaseSchema.optional(),
  }),
  evaluate: z
    .object({
      /** The median of the repetitions. */
      imagesPerSecond: z.number().positive(),
      repetitions: z.array(z.object({ images: positive, ms: milliseconds })).min(1),
    })
    .optional(),
  predictOne: z
    .object({ n: positive, medianMs: milliseconds, p95Ms: milliseconds, samplesMs })
    .optional(),
  memory: benchMemorySchema,
  browser: benchBrowserSchema.optional(),
  runtime: benchRuntimeSchema.optional(),
  /** Absent where it was not compared, and in older files. */
  bits: bitsSchema.optional(),
  /**
   * The bytes of code that a training with this backend loads, bundled and minified. Absent for
   * peers and in older files.
   */
  codeBytes: positive.optional(),
  /**
   * An estimate: the median step × the steps of an epoch over all training images, without
   * evaluation.
   */
  epochSeconds: z.number().nonnegative(),
  /**
   * The baseline's step / this one's: above 1, this one is faster. Absent for the baseline, and
   * where there is none.
   */
  versusBaseline: versusBaselineSchema.optional(),
  parity: benchParitySchema,
  /** The times of the phases and kernels of a step. */
  profile: benchProfileSchema.optional(),
})

/** A cell whose engine cannot run here. */
const benchUnavailableCellSchema = cellNameSchema.extend({
  status: z.literal('unavailable'),
  ...engineSchema.partial().shape,
  reason: textSchema,
  hint: textSchema,
})

/** A cell whose engine started but did not finish. */
const benchFailedCellSchema = cellNameSchema.extend({
  status: z.literal('failed'),
  ...engineSchema.partial().shape,
  reason: textSchema,
})

/** A cell that was measured, is unavailable or has failed. */
export const benchCellSchema = z.discriminatedUnion('status', [
  benchOkCellSchema,
  benchUnavailableCellSchema,
  benchFailedCellSchema,
])

/** See {@link cellNameSchema}. */
export type CellName = z.infer<typeof cellNameSchema>
/** See {@link benchBrowserSchema}. */
export type BenchBrowser = z.infer<typeof benchBrowserSchema>
/** See {@link benchRuntimeSchema}. */
export type BenchRuntime = z.infer<typeof benchRuntimeSchema>
/** See {@link bitsSchema}. */
export type BenchBits = z.infer<typeof bitsSchema>
/** See {@link benchStepSchema}. */
export type BenchStep = z.infer<typeof benchStepSchema>
/** See {@link benchRepetitionSchema}. */
export type BenchRepetition = z.infer<typeof benchRepetitionSchema>
/** See {@link benchMemorySchema}. */
export type BenchMemory = z.infer<typeof benchMemorySchema>
/** See {@link benchOkCellSchema}. */
export type BenchOkCell = z.infer<typeof benchOkCellSchema>
/** See {@link benchCellSchema}. */
export type BenchCell = z.infer<typeof benchCellSchema>

/** Returns whether a cell's times say how fast it is: those of an emulated processor do not. */
export function hasSpeed({ runtime }: Pick<BenchOkCell, 'runtime'>): boolean {
  return runtime?.emulated !== true
}

/** Returns all step samples of a cell, by repetition. */
export function samplesByRepetition(step: BenchStep): number[][] {
  let at = 0
  return step.samplesPerRepetition.map((length) => step.samplesMs.slice(at, (at += length)))
}

/**
 * Returns the step samples of the repetitions that count, as `bootstrapRatio` takes them: see
 * {@link benchStepSchema}.
 */
export function countedSamples({
  step,
  repetitions,
}: Pick<BenchOkCell, 'step' | 'repetitions'>): number[][] {
  const all = samplesByRepetition(step)
  const quiet = all.filter((_, at) => repetitions[at]?.disturbed !== true)
  return quiet.length === 0 ? all : quiet
}

/** Returns whether two cells have the same name. */
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
