import { isInputError } from '@mnist-lab/errors'
import type { RunResult } from '@mnist-lab/metrics'
import { checkWeights, parseModelSpec, readSafetensors, writeSafetensors, type ModelSpec, type Weights } from '@mnist-lab/models'
import { access, constants, mkdir, readdir, rename } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { decodeCheckpoint, encodeCheckpoint, type Checkpoint } from '../checkpoint.js'
import { TrainError } from '../train-error.js'
import { codeOf, fileError } from './file-error.js'
import { readIfThere } from './read-if-there.js'
import { CHECKPOINT_FILE, readRun, RUN_FILE } from './result-files.js'
import { writeFileAtomic } from './write-file-atomic.js'

const WEIGHTS = 'weights.safetensors'

/** A folder that a run writes itself into. Every file is written whole or not at all. */
export interface RunFolder {
  /** Absolute. */
  readonly directory: string
  /** Where an earlier run of that name went. */
  readonly movedTo?: string
  /** `run.json`. @throws TrainError when it cannot be written */
  writeRun(run: RunResult): Promise<void>
  /** `weights.safetensors`. @throws TrainError when it cannot be written */
  writeWeights(weights: Weights): Promise<void>
  /** `checkpoint.safetensors`. @throws TrainError when it cannot be written */
  writeCheckpoint(checkpoint: Checkpoint): Promise<void>
}

/**
 * Makes the folder of a new run. A folder of that name that holds a run is kept as `directory.1`, `directory.2`, …
 *
 * @throws TrainError when the folder holds anything else, or cannot be made or written to
 */
export async function createRun(directory: string): Promise<RunFolder> {
  const path = resolve(directory)
  try {
    const entries = await entriesOf(path)
    if (entries.length > 0 && !entries.includes(RUN_FILE)) {
      throw new TrainError({
        where: path, what: 'the folder holds files that are not a run’s', expected: 'an empty folder or none', got: entries.slice(0, 3).join(', '),
        mend: 'choose another folder',
      })
    }
    const movedTo = entries.length > 0 ? await moveAside(path) : undefined
    await mkdir(path, { recursive: true })
    await access(path, constants.W_OK)
    return runFolder(path, movedTo)
  } catch (cause) {
    throw isInputError(cause) ? cause : fileError(path, cause)
  }
}

/** The folder of a run that goes on. Nothing is checked or moved: {@link openRun} has read it. */
export function resumeRun(directory: string): RunFolder {
  return runFolder(resolve(directory))
}

function runFolder(directory: string, movedTo?: string): RunFolder {
  const write = (file: string, data: string | Uint8Array) => writeFileAtomic(join(directory, file), data)
  return {
    directory,
    ...(movedTo === undefined ? {} : { movedTo }),
    writeRun: (run) => write(RUN_FILE, `${JSON.stringify(run, undefined, 2)}\n`),
    writeWeights: (weights) => write(WEIGHTS, writeSafetensors(weights)),
    writeCheckpoint: (checkpoint) => write(CHECKPOINT_FILE, encodeCheckpoint(checkpoint)),
  }
}

/** What a run's folder holds. */
export interface OpenedRun {
  readonly run: RunResult
  /** `run.model`, checked. */
  readonly spec: ModelSpec
  /** The final ones, or the checkpoint's when the run did not come to its end. */
  readonly weights: Weights
  readonly checkpoint?: Checkpoint
}

/**
 * @throws TrainError when the folder is no run's, or a file or field is missing or wrong
 * @throws ModelError when the model or the weights are
 */
export async function openRun(directory: string): Promise<OpenedRun> {
  const file = join(resolve(directory), RUN_FILE)
  const run = await readRun(directory)
  if (run === undefined) {
    throw new TrainError({ where: file, what: 'no such file', mend: 'name the folder of a run: `mnist train` prints it' })
  }
  const spec = parseModelSpec(run.model, file)
  const checkpoint = await readCheckpoint(join(resolve(directory), CHECKPOINT_FILE))
  const weights = await readWeights(join(resolve(directory), WEIGHTS), spec) ?? checkpoint?.state.weights
  if (weights === undefined) {
    throw new TrainError({
      where: join(resolve(directory), WEIGHTS), what: 'no such file, and no checkpoint', mend: 'the run ended too early to be of use; train again',
    })
  }
  checkWeights(spec, weights)
  return { run, spec, weights, ...(checkpoint === undefined ? {} : { checkpoint }) }
}

async function readCheckpoint(file: string): Promise<Checkpoint | undefined> {
  const bytes = await readIfThere(file)
  return bytes && decodeCheckpoint(bytes, file)
}

async function readWeights(file: string, spec: ModelSpec): Promise<Weights | undefined> {
  const bytes = await readIfThere(file)
  if (bytes === undefined) return undefined
  const { tensors } = readSafetensors(bytes, file)
  try {
    checkWeights(spec, tensors)
  } catch (cause) {
    throw isInputError(cause) ? new TrainError({ ...cause.details, where: file, cause }) : cause
  }
  return tensors
}

async function entriesOf(path: string): Promise<readonly string[]> {
  try {
    return await readdir(path)
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return []
    // For a path that is itself a file; mkdir would say so less clearly.
    throw cause
  }
}

async function moveAside(path: string): Promise<string> {
  const taken = new Set(await readdir(dirname(path)))
  let number = 1
  while (taken.has(`${basename(path)}.${number}`)) number++
  const target = `${path}.${number}`
  await rename(path, target)
  return target
}
