import { z } from 'zod'
import { benchAccuracySchema } from './bench-accuracy.js'
import { benchCellSchema, cellNameSchema } from './bench-cell.js'
import { benchEnvironmentSchema } from './bench-environment.js'

export const BENCH_SCHEMA = 'mnist-lab/bench@2'

const count = z.number().int().nonnegative()
const positive = z.number().int().positive()

/** What a process of a bench is there for. */
export const benchPurposeSchema = z.enum([
  'measure',
  'reference',
  'overhead',
  'profile',
  'accuracy',
  'divergence',
])

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
  order: z.array(cellNameSchema.extend({ repetition: positive, purpose: benchPurposeSchema })),
  baseline: z.string(),
  parity: z.object({
    steps: positive,
    lossTolerance: z.number(),
    weightTolerance: z.number(),
    /** Relative to the largest number of the reference's tensor. */
    gradientTolerance: z.number(),
    forwardTolerance: z.number(),
  }),
  /** See `compareRepetitions`. */
  comparison: z.object({ alpha: z.number(), minEffect: z.number() }),
  dataset: z.object({ name: z.string(), trainSamples: positive, testSamples: positive }),
  /** An artificial slow-down, as a share of the step, that was asked for to test the bench itself. */
  slowDown: z.number().positive().optional(),
})

/** What `bench --json` writes. */
export const benchResultSchema = z.object({
  schema: z.literal(BENCH_SCHEMA),
  /** `interrupted`: cells have fewer repetitions than the protocol says, or are missing. */
  status: z.enum(['completed', 'interrupted']),
  environment: benchEnvironmentSchema,
  protocol: benchProtocolSchema,
  cells: z.array(benchCellSchema),
  /** What a step costs that computes nothing, by batch size: the app's own share of every figure. */
  overhead: z.array(
    z.object({ batchSize: positive, medianMs: z.number().nonnegative(), n: positive }),
  ),
  /** Time to accuracy, where it was asked for. */
  accuracy: benchAccuracySchema.optional(),
})

export type BenchPurpose = z.infer<typeof benchPurposeSchema>
export type BenchProtocol = z.infer<typeof benchProtocolSchema>
export type BenchResult = z.infer<typeof benchResultSchema>

export type ParsedBench =
  | { readonly ok: true; readonly result: BenchResult }
  | { readonly ok: false; readonly what: string; readonly hint: string }

/** A result from JSON, or in few words why it is none. */
export function parseBenchResult(json: unknown): ParsedBench {
  const schema =
    typeof json === 'object' && json !== null && 'schema' in json ? json.schema : undefined
  if (schema !== BENCH_SCHEMA) {
    const older = typeof schema === 'string' && /^mnist-lab\/bench@\d+$/.test(schema)
    return {
      ok: false,
      what: `expected a bench result of schema ${BENCH_SCHEMA}, got ${typeof schema === 'string' ? schema : 'something else'}`,
      hint: older
        ? 'it is of another version of mnist-lab: measure again, or read it with that version'
        : 'name a file that bench --json wrote',
    }
  }
  const parsed = benchResultSchema.safeParse(json)
  if (parsed.success) return { ok: true, result: parsed.data }
  const { path, message } = parsed.error.issues[0]!
  return {
    ok: false,
    what: `${path.join('.')}: ${message}`,
    hint: 'name a file that bench --json wrote, unchanged',
  }
}
