import { optimizerState, STATE_TENSORS, type TrainerState } from '@mnist-lab/backends'
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
import * as z from 'zod/mini'
import { canonicalJson } from './canonical-json.js'
import { passSumsSchema } from './pass.js'
import { epochFiguresSchema, runSchema } from './run-schema.js'
import { earlyStoppingSchema, scheduleSchema } from './schedule.js'
import { parseJson, TrainError } from './train-error.js'

const FORMAT = 'mnist-lab/checkpoint@1'
const WEIGHTS = 'weights/'
const HINT =
  'the file is damaged or is not a checkpoint; name another file, or train again from the beginning'
const count = z.int().check(z.nonnegative())

/** What a checkpoint keeps besides the tensors of the trainer. */
const positionSchema = z.object({
  /** The epoch that the next step belongs to, counted from 1. */
  epoch: z.int().check(z.positive()),
  /**
   * The number of steps done in that epoch. It equals the steps per epoch when only the validation
   * is missing.
   */
  stepInEpoch: count,
  /** The sums of these steps. */
  pass: passSumsSchema,
  /** The time that these steps took. */
  trainSeconds: z.number().check(z.nonnegative()),
  /** The figures of the completed epochs. */
  history: z.array(epochFiguresSchema),
  plan: runSchema.shape.plan,
  schedule: scheduleSchema,
  earlyStopping: z.optional(earlyStoppingSchema),
  /** The number of training samples. */
  samples: z.int().check(z.positive()),
})
const fileSchema = z.extend(positionSchema, { spec: z.unknown(), step: count }).check(
  z.refine(({ epoch, history }) => history.length === epoch - 1, {
    error: 'its length is not the number of completed epochs',
    path: ['history'],
  }),
  z.refine(
    ({ stepInEpoch, pass, plan, samples }) =>
      stepInEpoch <= Math.ceil(samples / plan.batchSize) &&
      pass.samples === Math.min(stepInEpoch * plan.batchSize, samples),
    { error: 'it is not the number of samples in the steps done', path: ['pass', 'samples'] },
  ),
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
