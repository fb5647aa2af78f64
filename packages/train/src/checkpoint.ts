import { optimizerState, STATE_TENSORS, type TrainerState } from '@mnist-lab/backends'
import { epochFiguresSchema, runSchema } from './run-result.js'
import { passSumsSchema } from './pass.js'
import {
  checkWeights,
  parseModelSpec,
  readSafetensors,
  writeSafetensors,
  type ModelSpec,
  type NamedTensor,
  type Weights,
} from '@mnist-lab/models'
import { z } from 'zod'
import { canonicalJson } from './canonical-json.js'
import { earlyStoppingSchema } from './early-stopping.js'
import { parseJson } from './parse.js'
import { scheduleSchema } from './schedule.js'
import { TrainError } from './train-error.js'

const FORMAT = 'mnist-lab/checkpoint@1'
const WEIGHTS = 'weights/'
const MEND =
  'the file is damaged or no checkpoint; name another one, or train again from the beginning'
const count = z.number().int().nonnegative()

/** What a checkpoint keeps beside the trainer's tensors. */
const positionSchema = z.object({
  /** The epoch that the next step belongs to, from 1. */
  epoch: z.number().int().positive(),
  /** Steps already done in it; all of them when only its validation is missing. */
  stepInEpoch: count,
  /** Of the steps done in it. */
  pass: passSumsSchema,
  /** That these steps took. */
  trainSeconds: z.number().nonnegative(),
  /** The completed epochs. */
  history: z.array(epochFiguresSchema),
  plan: runSchema.shape.plan,
  schedule: scheduleSchema,
  earlyStopping: earlyStoppingSchema.optional(),
  /** In the training set. */
  samples: z.number().int().positive(),
})
const fileSchema = positionSchema
  .extend({ spec: z.unknown(), step: count })
  .refine(({ epoch, history }) => history.length === epoch - 1, {
    error: 'another number of epochs',
    path: ['history'],
  })
  .refine(
    ({ stepInEpoch, pass, plan, samples }) =>
      stepInEpoch <= Math.ceil(samples / plan.batchSize) &&
      pass.samples === Math.min(stepInEpoch * plan.batchSize, samples),
    { error: 'another number of samples than the steps have', path: ['pass', 'samples'] },
  )

/**
 * Everything that the rest of a run depends on, so that a resumed run gives what an uninterrupted one would have given, to
 * the bit: the order of the data is a function of the plan's seed and the epoch, dropout of the seed and the step.
 */
export interface Checkpoint extends z.infer<typeof positionSchema> {
  readonly spec: ModelSpec
  readonly state: TrainerState
}

/**
 * Encodes a checkpoint as a safetensors file: the weights as `weights/…`, each list of the optimizer's state under its name
 * (`velocity/…`), and the rest as JSON in the metadata. Equal checkpoints give equal bytes.
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
 * @param name of the file, for errors
 * @throws TrainError when the bytes are no checkpoint or contradict themselves
 * @throws ModelError when they are no safetensors file, or the model in it is wrong
 */
export function decodeCheckpoint(bytes: Uint8Array, name: string): Checkpoint {
  const { tensors, metadata } = readSafetensors(bytes, name)
  if (metadata.format !== FORMAT) {
    throw new TrainError({
      where: name,
      expected: `a file of format ${FORMAT}`,
      got: metadata.format ?? 'another one',
      hint: MEND,
    })
  }
  const {
    spec: json,
    step,
    ...position
  } = parseJson(fileSchema, metadata.checkpoint ?? '', name, MEND)
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
