import { z } from 'zod'
import { textSchema } from '../protocol/text-schema.js'
import { benchCellSchema, benchParitySchema, cellNameSchema } from './cell-schema.js'
import { benchEnvironmentSchema } from './environment.js'

const seconds = z.number().nonnegative()

/** One training to an accuracy, from one seed. */
export const accuracyRunSchema = z.object({
  seed: z.number().int().nonnegative(),
  /** The test accuracy after each epoch. */
  accuracies: z.array(z.number()),
  /**
   * The first epoch after which the target held. It is absent if the target did not hold within the
   * allowed epochs.
   */
  epochs: z.number().int().positive().optional(),
  /** The seconds of training up to the end of that epoch, without evaluation. */
  seconds: seconds.optional(),
  /** The seconds of all training, and of all evaluation, from this seed. */
  trainSeconds: seconds,
  evaluateSeconds: seconds,
})

/** The trainings to an accuracy of one cell. */
const accuracyCellSchema = z.discriminatedUnion('status', [
  cellNameSchema.extend({
    status: z.literal('ok'),
    threads: z.number().int().positive(),
    runs: z.array(accuracyRunSchema).min(1),
    parity: benchParitySchema,
  }),
  cellNameSchema.extend({ status: z.literal('failed'), reason: textSchema }),
])

/** The time to an accuracy, for all cells. */
const benchAccuracySchema = z.object({
  target: z.number().positive().max(1),
  maxEpochs: z.number().int().positive(),
  cells: z.array(accuracyCellSchema),
})

/** See {@link accuracyRunSchema}. */
export type AccuracyRun = z.infer<typeof accuracyRunSchema>
/** See {@link accuracyCellSchema}. */
export type AccuracyCell = z.infer<typeof accuracyCellSchema>
/** See {@link benchAccuracySchema}. */
export type BenchAccuracy = z.infer<typeof benchAccuracySchema>

/** The mean of some values, with their standard deviation and extremes. */
export interface MeanAndSpread {
  readonly n: number
  readonly mean: number
  /** The standard deviation of the values (n − 1); 0 for a single value. */
  readonly deviation: number
  readonly min: number
  readonly max: number
}

/**
 * Returns the mean, the standard deviation and the extremes of some values.
 *
 * @throws RangeError when there is no value
 */
export function meanAndSpread(values: readonly number[]): MeanAndSpread {
  const n = values.length
  if (n === 0) throw new RangeError('values: expected at least one, got none')
  const mean = values.reduce((sum, value) => sum + value, 0) / n
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return {
    n,
    mean,
    deviation: n === 1 ? 0 : Math.sqrt(squares / (n - 1)),
    min: Math.min(...values),
    max: Math.max(...values),
  }
}

/** The version of the result files that this package writes. */
export const BENCH_SCHEMA = 'mnist-lab/bench@3'

const count = z.number().int().nonnegative()
const positive = z.number().int().positive()

/** The purpose that a process of the bench is started for. */
const benchPurposeSchema = z.enum([
  'measure',
  'reference',
  'overhead',
  'profile',
  'accuracy',
  'divergence',
])

/**
 * Says how repetitions are made. `fresh` runs each in a new process. In `turns` every engine has
 * one process for all rounds, and a repetition is its turn in a round.
 */
const benchModeSchema = z.enum(['fresh', 'turns'])

const warmupSchema = z.object({
  minSteps: count,
  maxSteps: count.optional(),
  seconds: z.number().nonnegative(),
})

/** Says how the figures were measured. */
export const benchProtocolSchema = z.object({
  mode: benchModeSchema,
  /** Fresh processes for each cell, or rounds of turns. */
  repetitions: positive,
  /** Steps before the first timed one: until the number or the seconds are reached. */
  warmup: warmupSchema,
  /** In turns: the steps before each turn, and the pause between turns. */
  turn: z.object({ warmup: warmupSchema, pauseMs: z.number().nonnegative() }).optional(),
  /**
   * Says how long a repetition is timed: a number of steps, or seconds within bounds on that
   * number.
   */
  budget: z.union([
    z.object({ steps: positive }),
    z.object({
      seconds: z.number().positive(),
      minSteps: positive,
      maxSteps: positive.optional(),
    }),
  ]),
  /** The runtimes in which fewer processes, and fewer steps of each, were asked for. */
  slow: z
    .object({ runtimes: z.array(textSchema).min(1), repetitions: positive, steps: positive })
    .optional(),
  seed: count,
  /** Every process, or every turn, in the order in which they ran. */
  order: z.array(cellNameSchema.extend({ repetition: positive, purpose: benchPurposeSchema })),
  /** The engine that the others are compared with, by its name: `cpu`, `fused:1`. */
  baseline: textSchema,
  parity: z.object({
    steps: positive,
    lossTolerance: z.number(),
    /** Absent where losses alone are compared. */
    weightTolerance: z.number().optional(),
    /** A share of the largest number in the reference's tensor. */
    gradientTolerance: z.number().optional(),
    forwardTolerance: z.number().optional(),
  }),
  /** See `compareRepetitions`. Absent in turns, whose repetitions are not independent. */
  comparison: z.object({ alpha: z.number(), minEffect: z.number() }).optional(),
  training: z.object({ learningRate: z.number(), momentum: z.number() }).optional(),
  dataset: z.object({ name: textSchema, trainSamples: positive, testSamples: positive }),
  /**
   * An artificial slow-down, as a share of the step, that was asked for to test the bench itself.
   */
  slowDown: z.number().positive().optional(),
})

/** The result that `bench --json` writes. */
export const benchResultSchema = z.object({
  schema: z.literal(BENCH_SCHEMA),
  /** `interrupted`: cells have fewer repetitions than the protocol says, or are missing. */
  status: z.enum(['completed', 'interrupted']),
  environment: benchEnvironmentSchema,
  protocol: benchProtocolSchema,
  cells: z.array(benchCellSchema),
  /**
   * What a step costs on a backend that computes nothing, by batch size: the bench's own share of
   * every figure.
   */
  overhead: z.array(
    z.object({ batchSize: positive, medianMs: z.number().nonnegative(), n: positive }),
  ),
  /** Time to accuracy, where it was asked for. */
  accuracy: benchAccuracySchema.optional(),
})

/** See {@link benchPurposeSchema}. */
export type BenchPurpose = z.infer<typeof benchPurposeSchema>
/** See {@link benchProtocolSchema}. */
export type BenchProtocol = z.infer<typeof benchProtocolSchema>
/** See {@link benchResultSchema}. */
export type BenchResult = z.infer<typeof benchResultSchema>

/** See {@link benchModeSchema}. */
export type BenchMode = z.infer<typeof benchModeSchema>
