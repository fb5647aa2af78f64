import type { Trainer, TrainingPlan } from '@mnist-lab/backends'
import type { Samples } from '@mnist-lab/data'
import { inferShapes, type ModelSpec } from '@mnist-lab/models'
import * as z from 'zod/mini'
import type { Checkpoint } from './checkpoint.js'
import { checkResume } from './resume.js'
import {
  type CheckedEarlyStopping,
  constant,
  type EarlyStopping,
  earlyStoppingSchema,
  scheduleSchema,
  type ScheduleSpec,
} from './schedule.js'
import { parse, TrainError } from './train-error.js'

/** The options of `fit`. */
export interface FitOptions {
  /** Compiled from `spec` and `plan`. The caller disposes it. */
  readonly trainer: Trainer
  readonly spec: ModelSpec
  readonly plan: TrainingPlan
  readonly train: Samples
  /** Evaluated after every epoch. Early stopping watches these figures. */
  readonly validation?: Samples
  /** The number of epochs of the whole run, including those before a checkpoint. */
  readonly epochs: number
  /** @default the checkpoint's schedule, or `constant()` */
  readonly schedule?: ScheduleSpec
  /** @default the checkpoint's early stopping, or none */
  readonly earlyStopping?: EarlyStopping
  /** The checkpoint to resume from. Its state replaces the state of the trainer. */
  readonly resume?: Checkpoint
  /** Ends the run between two steps, with an `end` event and without an exception. */
  readonly signal?: AbortSignal
  /** The number of steps between two `checkpoint` events. @default no such events */
  readonly checkpointEvery?: number
  /** Returns the time in milliseconds. @default performance.now */
  readonly now?: () => number
}

/** Options that have been checked, with the defaults filled in. */
export interface FitSettings extends FitOptions {
  readonly schedule: ScheduleSpec
  readonly earlyStopping?: CheckedEarlyStopping
  readonly stepsPerEpoch: number
  readonly now: () => number
}

const numbers = z.object({
  epochs: z.int().check(z.positive()),
  checkpointEvery: z.optional(z.int().check(z.positive())),
})

/**
 * Checks the options and fills in the defaults.
 *
 * @throws TrainError when an option is wrong, or two options contradict each other
 */
export function resolveOptions(options: FitOptions): FitSettings {
  const { spec, plan, train, validation, resume } = options
  const hint = 'correct the option'
  parse(numbers, options, 'training options', hint)
  for (const samples of validation === undefined ? [train] : [train, validation])
    checkSamples(spec, samples)
  const schedule = options.schedule && parse(scheduleSchema, options.schedule, 'schedule', hint)
  const given =
    options.earlyStopping &&
    parse(earlyStoppingSchema, options.earlyStopping, 'early stopping', hint)
  if (resume !== undefined) {
    checkResume(resume, {
      spec,
      plan,
      samples: train.count,
      epochs: options.epochs,
      schedule,
      earlyStopping: given,
    })
  }
  const earlyStopping = given ?? resume?.earlyStopping
  if (earlyStopping !== undefined && validation === undefined) {
    throw new TrainError({
      where: 'early stopping',
      what: 'there are no validation samples to watch',
      hint: 'pass validation samples',
    })
  }
  const { earlyStopping: _, ...rest } = options
  return {
    ...rest,
    ...(earlyStopping === undefined ? {} : { earlyStopping }),
    schedule: schedule ?? resume?.schedule ?? constant(),
    stepsPerEpoch: Math.ceil(train.count / plan.batchSize),
    now: options.now ?? (() => performance.now()),
  }
}

/**
 * Checks that a model can be trained and evaluated on samples.
 *
 * @throws TrainError when there are none, when their images have another shape than the model's
 *   input, or when the model has fewer outputs than they have classes
 */
export function checkSamples(spec: ModelSpec, samples: Samples): void {
  const where = `${samples.name} with ${spec.name}`
  const hint = 'use a model that was made for this data'
  if (samples.count === 0)
    throw new TrainError({
      where,
      expected: 'one sample or more',
      got: '0',
      hint: 'use another selection',
    })
  if (samples.shape.join('×') !== spec.inputShape.join('×')) {
    throw new TrainError({
      where,
      expected: `images of ${spec.inputShape.join('×')}`,
      got: samples.shape.join('×'),
      hint,
    })
  }
  const outputs = inferShapes(spec).at(-1)!.outputShape[0]!
  const classes = samples.classNames.length
  if (classes > outputs) {
    throw new TrainError({
      where,
      what: `labels from 0 to ${classes - 1} need an output each`,
      expected: `a model with at least ${classes} outputs`,
      got: `${outputs}`,
      hint: `use a model whose last dense layer has ${classes} units`,
    })
  }
}
