// Says whether a run may go on from a checkpoint. It is apart from the schema of checkpoints, so
// that a page which only trains does not load that.
import { OPTIMIZER_OPTION_NAMES, type TrainingPlan } from '@mnist-lab/backends'
import type { ModelSpec } from '@mnist-lab/models'
import { canonicalJson } from './canonical-json.js'
import type { Checkpoint } from './checkpoint.js'
import type { CheckedEarlyStopping, ScheduleSpec } from './schedule.js'
import { TrainError } from './train-error.js'

/** The settings of the run that is about to resume from a checkpoint. */
export interface ResumedSettings {
  readonly spec: ModelSpec
  readonly plan: TrainingPlan
  /** The number of training samples. */
  readonly samples: number
  readonly epochs: number
  readonly schedule?: ScheduleSpec | undefined
  readonly earlyStopping?: CheckedEarlyStopping | undefined
}

/**
 * Checks that a run may resume from a checkpoint.
 *
 * @throws TrainError naming the first setting that differs: the model, the plan, the number of
 *   samples, the schedule or early stopping
 */
export function checkResume(checkpoint: Checkpoint, run: ResumedSettings): void {
  checkSame('the model', checkpoint.spec, run.spec, checkpoint.spec.name, run.spec.name)
  for (const key of ['loss', 'batchSize', 'seed'] as const)
    checkSame(`the plan’s ${key}`, checkpoint.plan[key], run.plan[key])
  for (const key of OPTIMIZER_OPTION_NAMES) {
    checkSame(`the plan’s ${key}`, checkpoint.plan.optimizer[key], run.plan.optimizer[key])
  }
  checkSame(
    'the plan’s nesterov',
    checkpoint.plan.optimizer.nesterov ?? false,
    run.plan.optimizer.nesterov ?? false,
  )
  checkSame('the number of training samples', checkpoint.samples, run.samples)
  if (run.schedule !== undefined) checkSame('the schedule', checkpoint.schedule, run.schedule)
  if (run.earlyStopping !== undefined)
    checkSame('early stopping', checkpoint.earlyStopping ?? null, run.earlyStopping)
  const begun = checkpoint.history.length + (checkpoint.stepInEpoch > 0 ? 1 : 0)
  if (begun > run.epochs) {
    throw new TrainError({
      where: 'checkpoint',
      what: 'the run has already begun more epochs',
      expected: `${begun} epochs or more`,
      got: `${run.epochs}`,
      hint: 'ask for more epochs, or train again from the beginning',
    })
  }
}

function checkSame(
  what: string,
  kept: unknown,
  asked: unknown,
  keptName = canonicalJson(kept),
  askedName = canonicalJson(asked),
): void {
  if (canonicalJson(kept) === canonicalJson(asked)) return
  const got = keptName === askedName ? `another ${askedName}` : askedName
  throw new TrainError({
    where: 'checkpoint',
    what: `${what} is not the one that the run was trained with`,
    expected: keptName,
    got,
    hint: 'resume with the same settings, or train again from the beginning',
  })
}
