import { isInputError } from '@mnist-lab/core'
import type { RunResult } from '../run-result.js'
import { writeSafetensors, type Weights } from '@mnist-lab/models'
import { access, constants, mkdir, readdir, rename } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { encodeCheckpoint, type Checkpoint } from '../checkpoint.js'
import { decodeRun, type OpenedRun, RUN_FILES } from '../run-files.js'
import { TrainError } from '../train-error.js'
import { codeOf, fileError, readIfThere, writeFileAtomic } from '@mnist-lab/core/node'

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
    if (entries.length > 0 && !entries.includes(RUN_FILES.run)) {
      throw new TrainError({
        where: path,
        what: 'the folder holds files that are not a run’s',
        expected: 'an empty folder or none',
        got: entries.slice(0, 3).join(', '),
        hint: 'choose another folder',
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
  const write = (file: string, data: string | Uint8Array) =>
    writeFileAtomic(join(directory, file), data)
  return {
    directory,
    ...(movedTo === undefined ? {} : { movedTo }),
    writeRun: (run) => write(RUN_FILES.run, `${JSON.stringify(run, undefined, 2)}\n`),
    writeWeights: (weights) => write(RUN_FILES.weights, writeSafetensors(weights)),
    writeCheckpoint: (checkpoint) => write(RUN_FILES.checkpoint, encodeCheckpoint(checkpoint)),
  }
}

/**
 * @throws TrainError when the folder is no run's, or a file or field is missing or wrong
 * @throws ModelError when the model or the weights are
 */
export async function openRun(directory: string): Promise<OpenedRun> {
  const folder = resolve(directory)
  const file = join(folder, RUN_FILES.run)
  const run = await readIfThere(file)
  if (run === undefined) {
    throw new TrainError({
      where: file,
      what: 'no such file',
      hint: 'name the folder of a run: `mnist train` prints it',
    })
  }
  const [weights, checkpoint] = [
    await readIfThere(join(folder, RUN_FILES.weights)),
    await readIfThere(join(folder, RUN_FILES.checkpoint)),
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
