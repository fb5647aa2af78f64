import {
  assertWritable,
  createFolder,
  fileError,
  folderHolds,
  type FolderLock,
  lockFolder,
  readIfThere,
  removeTemporaryFiles,
  writeFileAtomic,
} from '@mnist-lab/core/node'
import { writeSafetensors, type Weights } from '@mnist-lab/models'
import { access, constants, readdir, rename } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type * as z from 'zod/mini'
import { canonicalJson } from '../canonical-json.js'
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../checkpoint.js'
import { type Evaluation, evaluationSchema } from '../evaluation-schema.js'
import { MAX_EVALUATION_BYTES, MAX_FILE_BYTES } from '../limits.js'
import { decodeRun, type OpenedRun, parseRun, RUN_FILES } from '../run-files.js'
import type { RunResult } from '../run-schema.js'
import { parseJson, TrainError } from '../train-error.js'

const EVALUATION = 'evaluation.json'

/**
 * The folder that a run writes its files to. Every file is written completely or not at all. The
 * folder is locked until it is released: no other process can create a run in it or resume its run.
 */
export interface RunFolder {
  /** An absolute path. */
  readonly directory: string
  /** The new path of an earlier run that was in this folder. */
  readonly movedTo?: string
  /** Writes `run.json`. @throws TrainError when it cannot be written */
  writeRun(run: RunResult): Promise<void>
  /** Writes `weights.safetensors`. @throws TrainError when it cannot be written */
  writeWeights(weights: Weights): Promise<void>
  /** Writes `checkpoint.safetensors`. @throws TrainError when it cannot be written */
  writeCheckpoint(checkpoint: Checkpoint): Promise<void>
  /** Lets other processes have the folder. Nothing may be written afterwards. */
  release(): Promise<void>
}

/**
 * Creates the folder of a new run. An earlier run in that folder is kept as `directory.1`,
 * `directory.2` and so on.
 *
 * @throws FileError when the folder holds other files, or cannot be created or written to
 * @throws LockedError when another process is using the folder
 */
export async function createRun(directory: string): Promise<RunFolder> {
  const path = resolve(directory)
  try {
    // Before the lock, so that nothing is written beside files that are not ours.
    await holdsRun(path)
    const lock = await lockFolder(path)
    try {
      // Before an earlier run is moved aside, where nobody would remove them.
      await removeTemporaryFiles(path, Object.values(RUN_FILES))
      // Again, because another process may have used the folder meanwhile.
      const movedTo = (await holdsRun(path)) ? await moveAside(path) : undefined
      await createFolder(path)
      await access(path, constants.W_OK)
      return runFolder(path, lock, movedTo)
    } catch (cause) {
      await lock.release()
      throw cause
    }
  } catch (cause) {
    throw fileError(path, cause)
  }
}

function holdsRun(path: string): Promise<boolean> {
  return folderHolds(path, RUN_FILES.run, 'run')
}

/**
 * Returns the folder of a run that resumes.
 *
 * @param checkpoint the checkpoint that was read before the folder was locked
 * @throws LockedError when another process is using the folder
 * @throws TrainError when another process has changed the run since the checkpoint was read
 */
export async function resumeRun(directory: string, checkpoint: Checkpoint): Promise<RunFolder> {
  const path = resolve(directory)
  const lock = await lockFolder(path)
  try {
    const now = await readIfThere(join(path, RUN_FILES.checkpoint), MAX_FILE_BYTES.checkpoint)
    if (now === undefined || !isSameCheckpoint(decodeCheckpoint(now, path), checkpoint)) {
      throw new TrainError({
        where: path,
        what: 'another process has trained this run in the meantime',
        hint: 'resume again, from where it is now',
      })
    }
    await removeTemporaryFiles(path, Object.values(RUN_FILES))
    return runFolder(path, lock)
  } catch (cause) {
    await lock.release()
    throw cause
  }
}

/** Compares all but the tensors, which follow from the rest; the history has measured times. */
function isSameCheckpoint(a: Checkpoint, b: Checkpoint): boolean {
  const [one, other] = [a, b].map(({ state: { step }, ...position }) =>
    canonicalJson({ ...position, step }),
  )
  return one === other
}

function runFolder(directory: string, lock: FolderLock, movedTo?: string): RunFolder {
  const write = async (file: string, data: string | Uint8Array) => {
    lock.assertHeld()
    await writeFileAtomic(join(directory, file), data)
  }
  return {
    directory,
    ...(movedTo === undefined ? {} : { movedTo }),
    writeRun: (run) => write(RUN_FILES.run, `${JSON.stringify(run, undefined, 2)}\n`),
    writeWeights: (weights) => write(RUN_FILES.weights, writeSafetensors(weights)),
    writeCheckpoint: (checkpoint) => write(RUN_FILES.checkpoint, encodeCheckpoint(checkpoint)),
    release: () => lock.release(),
  }
}

/**
 * Reads and checks the files of a run.
 *
 * @throws TrainError when the folder has no `run.json`, or a file or field is missing or wrong
 * @throws ModelError when the model or its weights are wrong
 */
export async function openRun(directory: string): Promise<OpenedRun> {
  const folder = resolve(directory)
  const file = join(folder, RUN_FILES.run)
  const run = await readIfThere(file, MAX_FILE_BYTES.run)
  if (run === undefined) {
    throw new TrainError({
      where: file,
      what: 'no such file',
      hint: 'name the folder of a run: `mnist train` prints it',
    })
  }
  const [weights, checkpoint] = [
    await readIfThere(join(folder, RUN_FILES.weights), MAX_FILE_BYTES.weights),
    await readIfThere(join(folder, RUN_FILES.checkpoint), MAX_FILE_BYTES.checkpoint),
  ]
  return decodeRun(
    {
      run,
      ...(weights === undefined ? {} : { weights }),
      ...(checkpoint === undefined ? {} : { checkpoint }),
    },
    (name) => join(folder, name),
  )
}

/**
 * Reads the `run.json` of a folder, or returns undefined when there is none.
 *
 * @throws TrainError when it is wrong
 */
export async function readRun(directory: string): Promise<RunResult | undefined> {
  const file = join(resolve(directory), RUN_FILES.run)
  const bytes = await readIfThere(file, MAX_FILE_BYTES.run)
  return bytes && parseRun(bytes, file)
}

/** Returns whether a folder has a checkpoint that a run could resume from. */
export async function hasCheckpoint(directory: string): Promise<boolean> {
  const file = join(resolve(directory), RUN_FILES.checkpoint)
  return (await readIfThere(file, MAX_FILE_BYTES.checkpoint)) !== undefined
}

/**
 * Reads the `evaluation.json` of a run's folder, or returns undefined when there is none.
 *
 * @throws TrainError when it is wrong
 */
export function readEvaluation(directory: string): Promise<Evaluation | undefined> {
  return readResult(directory, evaluationSchema, {
    name: EVALUATION,
    maxBytes: MAX_EVALUATION_BYTES,
    hint: 'the file is damaged or was written by another version; remove it and report again',
  })
}

/**
 * Checks that {@link writeEvaluation} can write its file, before the evaluation, which takes long.
 *
 * @throws FileError when it could not be written
 */
export function assertEvaluationWritable(directory: string): Promise<void> {
  return assertWritable(join(resolve(directory), EVALUATION))
}

/**
 * Writes the `evaluation.json` of a run's folder.
 *
 * @throws TrainError when it cannot be written
 */
export function writeEvaluation(directory: string, evaluation: Evaluation): Promise<void> {
  // On one line, because it holds thousands of numbers.
  return writeFileAtomic(join(resolve(directory), EVALUATION), `${JSON.stringify(evaluation)}\n`)
}

/** A JSON file of a folder. */
interface ResultFile {
  readonly name: string
  readonly maxBytes: number
  /** What to do when it is wrong. */
  readonly hint: string
}

/**
 * Reads and checks a JSON file of a folder, or returns undefined when there is none.
 *
 * @throws TrainError when it is wrong
 */
export async function readResult<Schema extends z.ZodMiniType>(
  directory: string,
  schema: Schema,
  { name, maxBytes, hint }: ResultFile,
): Promise<z.output<Schema> | undefined> {
  const where = join(resolve(directory), name)
  const bytes = await readIfThere(where, maxBytes)
  return bytes && parseJson(schema, bytes, { where, hint, maxSize: maxBytes })
}

async function moveAside(path: string): Promise<string> {
  const taken = new Set(await readdir(dirname(path)))
  let number = 1
  while (taken.has(`${basename(path)}.${number}`)) number++
  const target = `${path}.${number}`
  await rename(path, target)
  return target
}
