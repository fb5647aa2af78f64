import type { BenchProtocol } from '../results/result-schema.js'
import { splitRuntime } from './engine-name.js'

/**
 * The backend that parity is measured against: TensorFlow.js in pure JavaScript with its own
 * kernels.
 */
export const REFERENCE = 'cpu-stock'

/**
 * Returns the backend that another one is compared with: {@link REFERENCE}. The null backend
 * computes nothing that another backend could agree with, so it is its own reference.
 */
export function referenceOf(backend: string): string {
  return splitRuntime(backend).backend === 'null' ? backend : REFERENCE
}

/**
 * The builds of the fused engine whose bits the weights of other engines are compared with, and
 * the backends that run them. Every machine and every runtime gives the bits of each.
 */
export const BITS_BACKENDS = { simd128: 'fused-simd128', scalar: 'fused-scalar' } as const

/**
 * The steps that a fresh process is checked over. They are not timed, except for the first, which
 * is reported separately.
 */
export const PARITY_STEPS = 3

/**
 * The largest difference of a loss and of a weight to the reference's after {@link PARITY_STEPS}
 * steps. Backends round differently: sums of a few hundred float32 products differ by about 1e-6
 * for losses near 2.3, and a step moves a weight by 1% of its gradient. A wrong kernel differs by
 * 1e-3 and more.
 */
export const LOSS_TOLERANCE = 1e-4
/** See {@link LOSS_TOLERANCE}. */
export const WEIGHT_TOLERANCE = 1e-4

/**
 * The largest difference of a gradient of the first step, and of the untrained model's output, to
 * the reference's, as a share of the largest number in the tensor. Rounding gives 1e-6 to 1e-5.
 */
export const GRADIENT_TOLERANCE = 1e-3
/** See {@link GRADIENT_TOLERANCE}. */
export const FORWARD_TOLERANCE = 1e-3

/** The number of test images whose output is compared before the first step. */
export const FORWARD_IMAGES = 32

/**
 * The steps before the timed ones, parity's included: backends compile and tune themselves on their
 * first calls.
 */
export const WARMUP = { minSteps: PARITY_STEPS, maxSteps: 20, seconds: 0.5 } as const

/**
 * The most steps that are timed in a process: it keeps the raw samples in the JSON, and the
 * bootstrap over them, small.
 */
export const MAX_STEPS = 2000
/** The fewest steps that are timed in a process. */
export const MIN_STEPS = 3

/**
 * The most that is measured in a runtime in which a step takes seconds: the number of processes,
 * and of the timed steps of each.
 */
export const SLOW = { repetitions: 3, steps: 5 } as const

/** The learning rate of the measured training, which is that of the study. */
export const LEARNING_RATE = 0.01
/** The momentum of the measured training, which is that of the study. */
export const MOMENTUM = 0.9

/**
 * How long a process, or a turn, is timed: a number of steps, or seconds within bounds on that
 * number.
 */
export type StepBudget = BenchProtocol['budget']

/**
 * How often something is repeated: at least `min` times, then until `max` times or `seconds` are
 * reached.
 */
export interface Repeat {
  readonly min: number
  readonly max: number
  readonly seconds: number
}

/** Converts a budget of steps into a {@link Repeat}. */
export function stepRepeat(budget: StepBudget): Repeat {
  return 'steps' in budget
    ? { min: budget.steps, max: budget.steps, seconds: 0 }
    : { min: budget.minSteps, max: budget.maxSteps ?? Infinity, seconds: budget.seconds }
}

/**
 * How many batches of test images to evaluate, after a discarded one. It stops after the seconds,
 * or at the end of the data.
 */
export const EVALUATE = { min: 1, seconds: 0.5 } as const
/** Says how many predictions of a single image to time. */
export const PREDICT: Repeat = { min: 3, max: 100, seconds: 0.3 }
/** Says how many steps to profile. */
export const PROFILE: Repeat = { min: 3, max: 300, seconds: 3 }
/**
 * Says how many steps to time on the null backend, which shows what the bench itself adds to a
 * step.
 */
export const OVERHEAD_STEPS = 300

/**
 * Says how many evaluations in a row must reach the target accuracy. A single one can be chance.
 */
export const HOLDS = 2

/**
 * The probability that a comparison shows at least one difference although there is none. See
 * `compareRepetitions`.
 */
export const ALPHA = 0.05
/** The smallest difference of a ratio from 1 that a comparison shows. */
export const MIN_EFFECT = 0.03

/**
 * A process with one thread that got less than this share of a core had to share the core with
 * other programs.
 */
export const QUIET_CPU_SHARE = 0.9
/**
 * Cores' worth of time that other programs may use beside an engine of several threads, beyond the
 * cores it leaves free.
 */
export const QUIET_OTHERS = 0.2
/**
 * The milliseconds that timed steps must last for processor time to be reported, because the system
 * counts it in ticks.
 */
export const MIN_CPU_MS = 100

/**
 * Growth of JavaScript's memory over the timed steps that is no leak, in all and for each step:
 * late compilation grows it too.
 */
export const LEAK_BYTES = { total: 2 ** 20, aStep: 1024 } as const

/**
 * The protocol of turns: processes that live through all rounds, each timed for a moment in every
 * round.
 */
export const TURNS = {
  rounds: 20,
  /** Says how long a turn is timed by default. */
  seconds: 0.15,
  minSteps: 5,
  /** Before the first round. */
  firstWarmup: { minSteps: WARMUP.minSteps, seconds: WARMUP.seconds },
  /** Before each turn: another process has had the caches and the clock of the cores meanwhile. */
  turnWarmup: { minSteps: 3, seconds: 0.03 },
  /** Between turns: OpenMP's threads spin for some milliseconds before they sleep. */
  pauseMs: 20,
  /** Steps whose losses are compared with the first engine's, without dropout. */
  lossSteps: 20,
} as const
