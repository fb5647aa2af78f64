import { portableCos, portablePower } from '@mnist-lab/core'
import * as z from 'zod/mini'
import type { EpochFigures } from './run-schema.js'

const epochs = z.number().check(z.positive())
const factor = z.number().check(z.positive(), z.maximum(1))

/** Checks a learning-rate schedule. */
export const scheduleSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('constant') }),
  z.strictObject({ type: z.literal('step'), every: z.int().check(z.positive()), factor }),
  z.strictObject({ type: z.literal('exponential'), factor }),
  z.strictObject({ type: z.literal('cosine'), epochs, warmup: z.number().check(z.nonnegative()) }),
])

/** A learning-rate schedule as plain data, so that a checkpoint can keep it for the resumed run. */
export type ScheduleSpec = z.infer<typeof scheduleSchema>

/**
 * The position of a run. It does not include the planned number of epochs, so a run that gets more
 * epochs continues as if it had been planned that long.
 */
export interface Progress {
  /** Counts from 1. */
  readonly epoch: number
  /** The step that comes next, counted from 1 within the epoch. */
  readonly step: number
  readonly stepsPerEpoch: number
}

/** Returns a schedule that keeps the learning rate as it is. */
export function constant(): ScheduleSpec {
  return { type: 'constant' }
}

/**
 * Returns a schedule that multiplies the rate by `factor` after every `every` epochs, as
 * torch.optim.lr_scheduler.StepLR does.
 */
export function stepDecay({
  every,
  factor,
}: {
  readonly every: number
  readonly factor: number
}): ScheduleSpec {
  return { type: 'step', every, factor }
}

/**
 * Returns a schedule that multiplies the rate by `factor` after every epoch, as
 * torch.optim.lr_scheduler.ExponentialLR does.
 */
export function exponentialDecay({ factor }: { readonly factor: number }): ScheduleSpec {
  return { type: 'exponential', factor }
}

/**
 * Returns a schedule that lowers the rate step by step along half a cosine, from the full rate to 0
 * at the end of `epochs`, without restarts (Loshchilov and Hutter, ICLR 2017). After that the rate
 * stays 0.
 *
 * @param options.warmup the number of epochs at the beginning in which the rate rises linearly;
 *   they count as part of `epochs`. Default: 0
 */
export function cosine({
  epochs,
  warmup = 0,
}: {
  readonly epochs: number
  readonly warmup?: number
}): ScheduleSpec {
  return { type: 'cosine', epochs, warmup }
}

/** Returns the function that gives the factor of the base learning rate at each step. */
export function schedule(spec: ScheduleSpec): (progress: Progress) => number {
  switch (spec.type) {
    case 'constant':
      return () => 1
    case 'step':
      return ({ epoch }) => portablePower(spec.factor, Math.floor((epoch - 1) / spec.every))
    case 'exponential':
      return ({ epoch }) => portablePower(spec.factor, epoch - 1)
    case 'cosine':
      return ({ epoch, step, stepsPerEpoch }) => {
        const before = (epoch - 1) * stepsPerEpoch + step - 1
        const warmup = spec.warmup * stepsPerEpoch
        // The first of n warm-up steps has 1/n of the rate, because a step with a rate of 0 would
        // be wasted.
        if (before < warmup) return Math.min(1, (before + 1) / warmup)
        const rest = spec.epochs * stepsPerEpoch - warmup
        return rest <= 0
          ? 0
          : (1 + portableCos(Math.PI * Math.min(1, (before - warmup) / rest))) / 2
      }
  }
}

/** Checks the settings of early stopping and fills in `minDelta`. */
export const earlyStoppingSchema = z.strictObject({
  /** The validation figure that has to improve: the loss falls, or the accuracy rises. */
  monitor: z.enum(['loss', 'accuracy']),
  /** The number of epochs in a row without an improvement after which the run stops. */
  patience: z.int().check(z.positive()),
  /** The smallest difference from the best figure that counts as an improvement. */
  minDelta: z.prefault(z.number().check(z.nonnegative()), 0),
})

/** When a run stops before its last epoch. `minDelta` is 0 by default. */
export type EarlyStopping = z.input<typeof earlyStoppingSchema>
/** The settings of early stopping with `minDelta` filled in. */
export type CheckedEarlyStopping = z.output<typeof earlyStoppingSchema>

/**
 * Returns the number of epochs since the best one.
 *
 * It depends only on the history, so a checkpoint does not have to keep anything else for early
 * stopping.
 */
export function epochsWithoutGain(
  { monitor, minDelta = 0 }: EarlyStopping,
  history: readonly EpochFigures[],
): number {
  let best = Number.NEGATIVE_INFINITY
  let without = 0
  for (const { validation } of history) {
    if (validation === undefined) continue
    const score = monitor === 'loss' ? -validation.loss : validation.accuracy
    const better = score > best + minDelta
    without = better ? 0 : without + 1
    if (better) best = score
  }
  return without
}
