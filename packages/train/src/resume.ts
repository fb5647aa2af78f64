import { OPTIMIZER_OPTION_NAMES, type TrainingPlan } from '@mnist-lab/backends'
import type { ModelSpec } from '@mnist-lab/models'
import { canonicalJson } from './canonical-json.js'
import type { Checkpoint } from './checkpoint.js'
import type { CheckedEarlyStopping } from './early-stopping.js'
import type { ScheduleSpec } from './schedule.js'
import { TrainError } from './train-error.js'

/** The run that a checkpoint is to go on in. */
export interface Continuation {
  readonly spec: ModelSpec
  readonly plan: TrainingPlan
  readonly samples: number
  readonly epochs: number
  readonly schedule?: ScheduleSpec | undefined
  readonly earlyStopping?: CheckedEarlyStopping | undefined
}

/**
 * Whether a checkpoint can go on in this run.
 *
 * @throws TrainError naming what it was trained with instead: model, plan, number of samples, schedule, early stopping
 */
export function checkResume(checkpoint: Checkpoint, run: Continuation): void {
  same('the model', checkpoint.spec, run.spec, checkpoint.spec.name, run.spec.name)
  for (const key of ['loss', 'batchSize', 'seed'] as const)
    same(`the plan’s ${key}`, checkpoint.plan[key], run.plan[key])
  for (const key of OPTIMIZER_OPTION_NAMES) {
    same(`the plan’s ${key}`, checkpoint.plan.optimizer[key], run.plan.optimizer[key])
  }
  same('the number of training samples', checkpoint.samples, run.samples)
  if (run.schedule !== undefined) same('the schedule', checkpoint.schedule, run.schedule)
  if (run.earlyStopping !== undefined)
    same('early stopping', checkpoint.earlyStopping ?? null, run.earlyStopping)
  const done = checkpoint.history.length + (checkpoint.stepInEpoch > 0 ? 1 : 0)
  if (done > run.epochs) {
    throw new TrainError({
      where: 'checkpoint',
      what: 'more epochs are begun than asked for',
      expected: `${done} epochs or more`,
      got: `${run.epochs}`,
      hint: 'ask for more epochs, or train again from the beginning',
    })
  }
}

function same(
  what: string,
  kept: unknown,
  asked: unknown,
  keptName = canonicalJson(kept),
  askedName = canonicalJson(asked),
): void {
  if (canonicalJson(kept) === canonicalJson(asked)) return
  const unlike = keptName === askedName ? `another ${askedName}` : askedName
  throw new TrainError({
    where: 'checkpoint',
    what: `${what} is not the one it was trained with`,
    expected: keptName,
    got: unlike,
    hint: 'resume with the same settings, or train again from the beginning',
  })
}
