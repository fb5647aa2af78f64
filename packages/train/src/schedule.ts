import { z } from 'zod'

const epochs = z.number().positive()
const factor = z.number().positive().max(1)

export const scheduleSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('constant') }),
  z.strictObject({ type: z.literal('step'), every: z.number().int().positive(), factor }),
  z.strictObject({ type: z.literal('exponential'), factor }),
  z.strictObject({ type: z.literal('cosine'), epochs, warmup: z.number().nonnegative() }),
])

/** A learning-rate schedule as plain data: a resumed run must go on with the same one. */
export type ScheduleSpec = z.infer<typeof scheduleSchema>

/** Where a run stands. It does not say how long the run will be, so a run that is prolonged goes on as it would have. */
export interface Progress {
  /** From 1. */
  readonly epoch: number
  /** The step about to be taken, from 1 in the epoch. */
  readonly step: number
  readonly stepsPerEpoch: number
}

/** The learning rate as it is. */
export function constant(): ScheduleSpec {
  return { type: 'constant' }
}

/** Times `factor` after every `every` epochs, as torch.optim.lr_scheduler.StepLR. */
export function stepDecay({
  every,
  factor,
}: {
  readonly every: number
  readonly factor: number
}): ScheduleSpec {
  return { type: 'step', every, factor }
}

/** Times `factor` after every epoch, as torch.optim.lr_scheduler.ExponentialLR. */
export function exponentialDecay({ factor }: { readonly factor: number }): ScheduleSpec {
  return { type: 'exponential', factor }
}

/**
 * Half a cosine from the full rate to 0 at the end of `epochs`, without restarts (Loshchilov and Hutter, ICLR 2017),
 * step by step; 0 ever after.
 *
 * @param options.warmup epochs at the beginning, counted in `epochs`, in which the rate rises in a line. Default: 0
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

/** What the base learning rate is multiplied by at each step. */
export function schedule(spec: ScheduleSpec): (progress: Progress) => number {
  switch (spec.type) {
    case 'constant':
      return () => 1
    case 'step':
      return ({ epoch }) => spec.factor ** Math.floor((epoch - 1) / spec.every)
    case 'exponential':
      return ({ epoch }) => spec.factor ** (epoch - 1)
    case 'cosine':
      return ({ epoch, step, stepsPerEpoch }) => {
        const before = (epoch - 1) * stepsPerEpoch + step - 1
        const warmup = spec.warmup * stepsPerEpoch
        // The first of n warm-up steps has 1/n of the rate: at 0 it would be lost.
        if (before < warmup) return Math.min(1, (before + 1) / warmup)
        const rest = spec.epochs * stepsPerEpoch - warmup
        return rest <= 0 ? 0 : (1 + Math.cos(Math.PI * Math.min(1, (before - warmup) / rest))) / 2
      }
  }
}
