import { isInputError } from '@mnist-lab/core'
import { runSchema, type RunResult } from './run-result.js'
import {
  checkWeights,
  parseModelSpec,
  readSafetensors,
  writeSafetensors,
  type ModelSpec,
  type Weights,
} from '@mnist-lab/models'
import { decodeCheckpoint, encodeCheckpoint, type Checkpoint } from './checkpoint.js'
import { parseJson } from './parse.js'
import { TrainError } from './train-error.js'

/** The files of a run by what they hold, the same in Node.js and in a browser. */
export const RUN_FILES = {
  run: 'run.json',
  weights: 'weights.safetensors',
  checkpoint: 'checkpoint.safetensors',
} as const

/** The contents of a run's files. */
export interface RunFiles {
  readonly run: Uint8Array
  readonly weights?: Uint8Array
  readonly checkpoint?: Uint8Array
}

/** What a run's files hold. */
export interface OpenedRun {
  readonly run: RunResult
  /** `run.model`, checked. */
  readonly spec: ModelSpec
  /** The final ones, or the checkpoint's when the run did not come to its end. */
  readonly weights: Weights
  readonly checkpoint?: Checkpoint
}

/** The files of a run as it stands at a checkpoint. */
export function encodeRun(run: RunResult, checkpoint: Checkpoint): Required<RunFiles> {
  return {
    run: new TextEncoder().encode(`${JSON.stringify(run, undefined, 2)}\n`),
    weights: writeSafetensors(checkpoint.state.weights),
    checkpoint: encodeCheckpoint(checkpoint),
  }
}

/**
 * @param nameOf a file's name for errors, from its name in {@link RUN_FILES}
 * @throws TrainError when a file or field is missing or wrong
 * @throws ModelError when the model or the weights are
 */
export function decodeRun(
  files: RunFiles,
  nameOf: (file: string) => string = (file) => file,
): OpenedRun {
  const name = nameOf(RUN_FILES.run)
  const run = parseRun(files.run, name)
  const spec = parseModelSpec(run.model, name)
  const checkpoint =
    files.checkpoint && decodeCheckpoint(files.checkpoint, nameOf(RUN_FILES.checkpoint))
  const weights =
    files.weights === undefined
      ? checkpoint?.state.weights
      : readWeights(files.weights, spec, nameOf(RUN_FILES.weights))
  if (weights === undefined) {
    throw new TrainError({
      where: nameOf(RUN_FILES.weights),
      what: 'no such file, and no checkpoint',
      hint: 'the run ended too early to be of use; train again',
    })
  }
  checkWeights(spec, weights)
  return { run, spec, weights, ...(checkpoint === undefined ? {} : { checkpoint }) }
}

/** `run.json` alone. @throws TrainError when it is wrong */
export function parseRun(bytes: Uint8Array, name: string): RunResult {
  return parseJson(
    runSchema,
    new TextDecoder().decode(bytes),
    name,
    'the file is damaged or of another version; train again',
  )
}

function readWeights(bytes: Uint8Array, spec: ModelSpec, name: string): Weights {
  const { tensors } = readSafetensors(bytes, name)
  try {
    checkWeights(spec, tensors)
  } catch (cause) {
    throw isInputError(cause) ? new TrainError({ ...cause.details, where: name, cause }) : cause
  }
  return tensors
}
