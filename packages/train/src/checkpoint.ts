import {
  OPTIMIZER_OPTION_NAMES,
  optimizerState,
  STATE_TENSORS,
  type TrainerState,
  type TrainingPlan,
} from '@mnist-lab/backends'
import {
  checkWeights,
  MAX_HEADER_BYTES,
  parseModelSpec,
  readSafetensors,
  writeSafetensors,
  type ModelSpec,
  type NamedTensor,
  type Weights,
} from '@mnist-lab/models'
import { z } from 'zod'
import { passSumsSchema } from './pass.js'
import { epochFiguresSchema, runSchema } from './run-schema.js'
import {
  type CheckedEarlyStopping,
  earlyStoppingSchema,
  scheduleSchema,
  type ScheduleSpec,
} from './schedule.js'
import { parseJson, TrainError } from './train-error.js'

const FORMAT = 'mnist-lab/checkpoint@1'
const WEIGHTS = 'weights/'
const HINT =
  'the file is damaged or is not a checkpoint; name another file, or train again from the beginning'
const count = z.number().int().nonnegative()

/** What a checkpoint keeps besides the tensors of the trainer. */
const positionSchema = z.object({
  /** The epoch that the next step belongs to, counted from 1. */
  epoch: z.number().int().positive(),
  /**
   * The number of steps done in that epoch. It equals the steps per epoch when only the validation
   * is missing.
   */
  stepInEpoch: count,
  /** The sums of these steps. */
  pass: passSumsSchema,
  /** The time that these steps took. */
  trainSeconds: z.number().nonnegative(),
  /** The figures of the completed epochs. */
  history: z.array(epochFiguresSchema),
  plan: runSchema.shape.plan,
  schedule: scheduleSchema,
  earlyStopping: earlyStoppingSchema.optional(),
  /** The number of training samples. */
  samples: z.number().int().positive(),
})
const fileSchema = positionSchema
  .extend({ spec: z.unknown(), step: count })
  .refine(({ epoch, history }) => history.length === epoch - 1, {
    error: 'its length is not the number of completed epochs',
    path: ['history'],
  })
  .refine(
    ({ stepInEpoch, pass, plan, samples }) =>
      stepInEpoch <= Math.ceil(samples / plan.batchSize) &&
      pass.samples === Math.min(stepInEpoch * plan.batchSize, samples),
    { error: 'it is not the number of samples in the steps done', path: ['pass', 'samples'] },
  )

/**
 * Everything that the rest of a run depends on, so that a resumed run gives exactly what an
 * uninterrupted run gives.
 *
 * The order of the data is a function of the plan's seed and the epoch, and dropout is a function
 * of the seed and the step, so neither has to be kept.
 */
export interface Checkpoint extends z.infer<typeof positionSchema> {
  readonly spec: ModelSpec
  readonly state: TrainerState
}

/**
 * Encodes a checkpoint as a safetensors file.
 *
 * The weights are named `weights/…`, each list of the optimizer's state has its own name
 * (`velocity/…`), and everything else is JSON in the metadata. Equal checkpoints give equal bytes.
 */
export function encodeCheckpoint({ state, ...position }: Checkpoint): Uint8Array {
  const prefixed = (prefix: string, weights: Weights) =>
    weights.map((tensor) => ({ ...tensor, name: prefix + tensor.name }))
  const tensors = [
    ...prefixed(WEIGHTS, state.weights),
    ...STATE_TENSORS.flatMap((list) => prefixed(`${list}/`, state[list])),
  ]
  return writeSafetensors(tensors, {
    format: FORMAT,
    checkpoint: canonicalJson({ ...position, step: state.step }),
  })
}

/**
 * Decodes and checks a checkpoint.
 *
 * @param name the name of the file, for errors
 * @throws TrainError when the bytes are not a checkpoint or contradict themselves
 * @throws ModelError when the bytes are not a safetensors file, or the model in it is wrong
 */
export function decodeCheckpoint(bytes: Uint8Array, name: string): Checkpoint {
  const { tensors, metadata } = readSafetensors(bytes, name)
  if (metadata.format !== FORMAT) {
    throw new TrainError({
      where: name,
      expected: `a file of format ${FORMAT}`,
      got: metadata.format ?? 'a file without a format',
      hint: HINT,
    })
  }
  const {
    spec: json,
    step,
    ...position
  } = parseJson(fileSchema, metadata.checkpoint ?? '', {
    where: name,
    hint: HINT,
    maxSize: MAX_HEADER_BYTES,
  })
  const spec = parseModelSpec(json, name)
  const state = {
    weights: withoutPrefix(tensors, WEIGHTS),
    ...optimizerState((list) => withoutPrefix(tensors, `${list}/`)),
    step,
  }
  checkWeights(spec, state.weights)
  for (const list of STATE_TENSORS) checkWeights(spec, state[list])
  return { ...position, spec, state }
}

function withoutPrefix(tensors: readonly NamedTensor[], prefix: string): Weights {
  return tensors
    .filter(({ name }) => name.startsWith(prefix))
    .map((tensor) => ({ ...tensor, name: tensor.name.slice(prefix.length) }))
}

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

/**
 * Writes JSON with the keys of every object in alphabetical order, so that equal values have equal
 * texts.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}
