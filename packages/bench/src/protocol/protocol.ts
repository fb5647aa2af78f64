import { takeApart } from '../runtimes/place-name.js'
import type { BenchProtocol } from '../results/bench-result.js'

/** Steps that parity is taken from; they are not timed, but for the first, which is reported by itself. */
export const PARITY_STEPS = 3

/**
 * How far a loss and a weight may be from the reference's after {@link PARITY_STEPS} steps. Engines round differently:
 * sums of a few hundred float32 products differ by about 1e-6 of losses near 2.3, and a step moves a weight by 1 % of
 * its gradient; a wrong kernel differs by 1e-3 and more.
 */
export const LOSS_TOLERANCE = 1e-4
export const WEIGHT_TOLERANCE = 1e-4

/**
 * How far a gradient of the first step, and what the untrained model says, may be from the reference's, as a share of the largest number of
 * its tensor. Rounding gives 1e-6 to 1e-5.
 */
export const GRADIENT_TOLERANCE = 1e-3
export const FORWARD_TOLERANCE = 1e-3

/** Test images of which forward parity is taken. */
export const FORWARD_IMAGES = 32

/** Steps before the timed ones, parity's included: engines compile and tune on their first calls. */
export const WARMUP = { minSteps: PARITY_STEPS, maxSteps: 20, seconds: 0.5 } as const

/** Keeps raw samples in the JSON, and the bootstrap over them, small for a fast backend. */
export const MAX_STEPS = 2000
export const MIN_STEPS = 3

/** Of the training that is measured: the study's. */
export const LEARNING_RATE = 0.01
export const MOMENTUM = 0.9

export type StepBudget = BenchProtocol['budget']

/** How often something is repeated: at least `min` times, then until `max` times or `seconds` are reached. */
export interface Repeat {
  readonly min: number
  readonly max: number
  readonly seconds: number
}

/** Batches of test images, after one that is thrown away. On the slowest backend seconds end it, on others the data. */
export const EVALUATE = { min: 1, seconds: 0.5 } as const
export const PREDICT: Repeat = { min: 3, max: 100, seconds: 0.3 }

/** Steps of a profile, and of the measurement of the app's own overhead. */
export const PROFILE: Repeat = { min: 3, max: 300, seconds: 3 }
export const OVERHEAD_STEPS = 300

/** Evaluations in a row that must reach the target for it to hold: one alone may be luck. */
export const HOLDS = 2

/** Of a comparison, see `compareRepetitions`. */
export const ALPHA = 0.05
export const MIN_EFFECT = 0.03

/** An engine of one thread that got less of a core than this had to share it. */
export const QUIET_CPU_SHARE = 0.9
/** Cores' worth of time that others may use beside an engine of several threads, beyond the cores that it leaves free. */
export const QUIET_OTHERS = 0.2
/** Timed steps must last so long for processor time to be told: the system counts it in ticks. */
export const MIN_CPU_MS = 100

/** JavaScript's own growth over the timed steps, in all and a step, below which it is no leak: code that is compiled late grows too. */
export const LEAK_BYTES = { total: 2 ** 20, aStep: 1024 } as const

export function stepRepeat(budget: StepBudget): Repeat {
  return 'steps' in budget
    ? { min: budget.steps, max: budget.steps, seconds: 0 }
    : { min: budget.minSteps, max: budget.maxSteps, seconds: budget.seconds }
}

/**
 * What parity is measured against: kernels that are not ours. The null backend computes nothing that another one could
 * agree with.
 */
export function referenceOf(backend: string): string {
  return takeApart(backend).backend === 'null' ? backend : REFERENCE
}

export const REFERENCE = 'cpu-stock'
