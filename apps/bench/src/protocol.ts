import type { BenchProtocol } from '@mnist-lab/metrics'
import { takeApart } from './place-name.js'

/** Steps that parity is taken from; they are not timed, but for the first, which is reported by itself. */
export const PARITY_STEPS = 3

/**
 * How far a loss and a weight may be from the reference's after {@link PARITY_STEPS} steps. Engines round differently:
 * sums of a few hundred float32 products differ by about 1e-6 of losses near 2.3, and a step moves a weight by 1 % of
 * its gradient; a wrong kernel differs by 1e-3 and more.
 */
export const LOSS_TOLERANCE = 1e-4
export const WEIGHT_TOLERANCE = 1e-4

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
export const EVALUATE = { min: 1, seconds: 1 } as const
export const PREDICT: Repeat = { min: 3, max: 100, seconds: 0.3 }

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
  return takeApart(backend).backend === 'null' ? backend : 'cpu-stock'
}
