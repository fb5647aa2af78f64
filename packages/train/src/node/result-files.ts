import { type Evaluation, evaluationSchema } from '../evaluation-result.js'
import { type RunResult } from '../run-result.js'
import { join, resolve } from 'node:path'
import type { z } from 'zod'
import { parseJson } from '../parse.js'
import { parseRun, RUN_FILES } from '../run-files.js'
import { readIfThere, writeFileAtomic } from '@mnist-lab/core/node'

const EVALUATION = 'evaluation.json'

/**
 * @returns a folder's `run.json`, or undefined where there is none
 * @throws TrainError when it is wrong
 */
export async function readRun(directory: string): Promise<RunResult | undefined> {
  const file = join(resolve(directory), RUN_FILES.run)
  const bytes = await readIfThere(file)
  return bytes && parseRun(bytes, file)
}

/** Whether there is a checkpoint that a run in this folder could go on from. */
export async function hasCheckpoint(directory: string): Promise<boolean> {
  return (await readIfThere(join(resolve(directory), RUN_FILES.checkpoint))) !== undefined
}

/**
 * @returns a run folder's `evaluation.json`, or undefined where there is none
 * @throws TrainError when it is wrong
 */
export function readEvaluation(directory: string): Promise<Evaluation | undefined> {
  return readResult(
    directory,
    EVALUATION,
    evaluationSchema,
    'the file is damaged or of another version; remove it and report again',
  )
}

/** @throws TrainError when it cannot be written */
export function writeEvaluation(directory: string, evaluation: Evaluation): Promise<void> {
  // In one line: thousands of numbers are in it.
  return writeFileAtomic(join(resolve(directory), EVALUATION), `${JSON.stringify(evaluation)}\n`)
}

/** Reads and checks a JSON file of a folder; undefined where there is none. @throws TrainError when it is wrong */
export async function readResult<Schema extends z.ZodType>(
  directory: string,
  name: string,
  schema: Schema,
  hint: string,
): Promise<z.output<Schema> | undefined> {
  const file = join(resolve(directory), name)
  const bytes = await readIfThere(file)
  return bytes && parseJson(schema, new TextDecoder().decode(bytes), file, hint)
}
