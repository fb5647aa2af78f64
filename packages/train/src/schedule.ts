import { portableCos, portablePower } from '@mnist-lab/core'
import * as z from 'zod/mini'
import type { EpochFigures } from './run-schema.js'

const epochs = z.number().check(z.positive())
const factor = z.number().check(z.positive(), z.maximum(1))
/** At least 1, so that the factor of the learning rate never exceeds 1. */
const divisor = z.number().check(z.minimum(1))

/** Checks a learning-rate schedule. */
export const scheduleSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('constant') }),
  z.strictObject({ type: z.literal('step'), every: z.int().check(z.positive()), factor }),
  z.strictObject({ type: z.literal('exponential'), factor }),
  z.strictObject({ type: z.literal('cosine'), epochs, warmup: z.number().check(z.nonnegative()) }),
  z.strictObject({
    type: z.literal('one-cycle'),
    epochs,
    pctStart: z.number().check(z.minimum(0), z.maximum(1)),
    divFactor: divisor,
    finalDivFactor: divisor,
  }),
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

/**
 * Returns a schedule that raises the rate step by step to the full rate and then lowers it, along
 * half a cosine each time, as torch.optim.lr_scheduler.OneCycleLR does. The run's learning rate is
 * PyTorch's `max_lr`. The momentum stays as it is, as with `cycle_momentum=False`. After `epochs`
 * the rate stays at its lowest.
 *
 * @param options.pctStart the part of the steps in which the rate rises. Default: 0.3
 * @param options.divFactor the first step has the full rate divided by this. Default: 25
 * @param options.finalDivFactor the last step has the first step's rate divided by this. Default:
 *   10,000
 */
export function oneCycle({
  epochs,
  pctStart = 0.3,
  divFactor = 25,
  finalDivFactor = 1e4,
}: {
  readonly epochs: number
  readonly pctStart?: number
  readonly divFactor?: number
  readonly finalDivFactor?: number
}): ScheduleSpec {
  return { type: 'one-cycle', epochs, pctStart, divFactor, finalDivFactor }
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
    case 'one-cycle':
      return ({ epoch, step, stepsPerEpoch }) =>
        oneCycleFactor(spec, (epoch - 1) * stepsPerEpoch + step - 1, stepsPerEpoch)
  }
}

/** Returns the factor of a one-cycle schedule at the step with `before` steps before it. */
function oneCycleFactor(
  spec: Extract<ScheduleSpec, { readonly type: 'one-cycle' }>,
  before: number,
  stepsPerEpoch: number,
): number {
  const first = 1 / spec.divFactor
  const lowest = first / spec.finalDivFactor
  const steps = spec.epochs * stepsPerEpoch
  // The rise and the fall share the step with the full rate, so PyTorch counts from this index,
  // which may lie between two steps and before step 0.
  const peak = spec.pctStart * steps - 1
  if (before <= peak) {
    // A rise of a single step has no length. PyTorch divides by zero there.
    return peak === 0 ? 1 : alongCosine(first, 1, before / peak)
  }
  return before >= steps - 1 ? lowest : alongCosine(1, lowest, (before - peak) / (steps - 1 - peak))
}

/** Returns the number that lies `part` of the way from `start` to `end` along half a cosine. */
function alongCosine(start: number, end: number, part: number): number {
  return end + ((start - end) / 2) * (portableCos(Math.PI * part) + 1)
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
