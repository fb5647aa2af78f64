import type { ModelSpec } from '@mnist-lab/models'
import { z } from 'zod'
import { STEP_PHASES } from '../../results/cell-schema.js'
import { textSchema as text } from '../../protocol/text-schema.js'
import { MOST_SAMPLES } from '../../protocol/limits.js'

/** The version of the messages here. docs/peers.md describes them for other languages. */
export const PEER_PROTOCOL = 1

/**
 * A request to a peer, as one line of JSON on its stdin. Between requests the peer waits. The
 * parent removes the folder with the files.
 */
export type PeerRequest = OpenRequest | PrepareRequest | BurstRequest | ProfileRequest

/** The first request, to start the engine. */
export interface OpenRequest {
  readonly type: 'open'
  readonly protocol: typeof PEER_PROTOCOL
  /** The number of threads; absent if the engine chooses. */
  readonly threads?: number
}

/**
 * A request to build the model, train a copy of it for parity, and warm up. Batches come in the
 * order of the files.
 */
export interface PrepareRequest {
  readonly type: 'prepare'
  readonly spec: ModelSpec
  /** The same model without dropout, because no two engines draw the same masks. */
  readonly paritySpec: ModelSpec
  readonly paritySteps: number
  readonly batchSize: number
  readonly learningRate: number
  readonly momentum: number
  readonly weightDecay: number
  readonly seed: number
  /**
   * The file of initial weights: float32 numbers, tensor after tensor, in the order and layout of
   * PyTorch's `parameters()`.
   */
  readonly weights: string
  /**
   * The file that a peer may write its weights to after the steps for parity, in the same order and
   * layout.
   */
  readonly weightsOut?: string
  /** The file of pixel bytes [count, height, width, channels]. */
  readonly images: string
  /** The file of label bytes [count]. */
  readonly labels: string
  readonly warmup: StepsBudget
}

/** A request to time steps, each separately. The steps of the warm-up do not count. */
interface BurstRequest {
  readonly type: 'burst'
  readonly warmup: StepsBudget
  readonly timed: StepsBudget
}

/** A request to time the phases of steps. Only peers whose `hello` lists `profile` get it. */
interface ProfileRequest {
  readonly type: 'profile'
  readonly timed: StepsBudget
}

/**
 * The number of steps to run: until `minSteps` and `seconds` have both been reached, but at most
 * `maxSteps`.
 */
export interface StepsBudget {
  readonly minSteps: number
  readonly seconds: number
  readonly maxSteps?: number
}

/** The longest time that an answer may name, in milliseconds: more than eleven days. */
const MOST_MS = 1e9

const milliseconds = z.number().nonnegative().max(MOST_MS)
/** No step takes less than a nanosecond. Ratios of such times would be infinite. */
const samplesMs = z.array(z.number().min(1e-6).max(MOST_MS)).min(1).max(MOST_SAMPLES)

const peerInfoSchema = z.object({
  versions: z
    .record(text, text)
    .refine((versions) => Object.keys(versions).length <= 100, 'expected at most 100 versions'),
  threads: z.number().int().positive().max(4096),
  /** The instruction set, BLAS and the like, in words. */
  details: text,
  /** The instruction set alone, for its column in the table. */
  simd: text.optional(),
  /** The kinds of requests beyond the first three that the peer answers. */
  can: z.array(z.string()).max(100).optional(),
})

/** A peer's description of itself. */
export type PeerInfo = z.infer<typeof peerInfoSchema>

/**
 * The schemas of a peer's answers, by type. Numbers are finite, arrays are bounded, and texts are
 * safe to print. After `failed` no other answer follows.
 */
export const ANSWER_SCHEMAS = {
  hello: z.object({ type: z.literal('hello'), info: peerInfoSchema }),
  /** The answer to a prepare request. */
  ready: z.object({
    type: z.literal('ready'),
    /** The losses of the steps for parity. */
    losses: z.array(z.number().min(-1e300).max(1e300)).max(MOST_SAMPLES),
    /** The time of building the model and of the first step, if the peer reports them. */
    compileMs: milliseconds.optional(),
    firstStepMs: milliseconds.optional(),
    /** Replaces the details of `hello` if they depend on the model. */
    details: text.optional(),
  }),
  /** The answer to a burst request. */
  burst: z.object({
    type: z.literal('burst'),
    samplesMs,
    /** The processor time of the whole process over the timed steps, if the peer reports it. */
    cpuMs: milliseconds.optional(),
    peakRssBytes: z.number().int().positive().optional(),
  }),
  /** The answer to a profile request. */
  profile: z.object({
    type: z.literal('profile'),
    samplesMs,
    /** The milliseconds of each phase, of all these steps together. */
    phases: z
      .array(z.object({ phase: z.enum(STEP_PHASES), ms: milliseconds }))
      .min(1)
      .refine(
        (phases) => new Set(phases.map(({ phase }) => phase)).size === phases.length,
        'expected each phase once',
      ),
  }),
  failed: z.object({ type: z.literal('failed'), reason: text }),
} as const

/** The type of an answer. */
export type AnswerType = keyof typeof ANSWER_SCHEMAS
/** The answer of a type. */
export type AnswerOf<T extends AnswerType> = z.infer<(typeof ANSWER_SCHEMAS)[T]>
/** The answer to a burst request. */
export type BurstAnswer = AnswerOf<'burst'>
/** A peer's answer to a request, as one line of JSON on its stdout. */
export type PeerAnswer = { [T in AnswerType]: AnswerOf<T> }[AnswerType]
