import {
  type Evaluation,
  evaluationSchema,
  type RunResult,
  type StudyResult,
  studySchema,
} from '@mnist-lab/metrics'
import { join, resolve } from 'node:path'
import type { z } from 'zod'
import { parseJson } from '../parse.js'
import { parseRun, RUN_FILES } from '../run-files.js'
import { readIfThere } from './read-if-there.js'
import { writeFileAtomic } from './write-file-atomic.js'

const EVALUATION = 'evaluation.json'
const STUDY = 'study.json'

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
  return read(
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

/**
 * @returns a folder's `study.json`, or undefined where there is none
 * @throws TrainError when it is wrong
 */
export function readStudy(directory: string): Promise<StudyResult | undefined> {
  return read(
    directory,
    STUDY,
    studySchema,
    'the file is damaged or of another version; reproduce into another folder',
  )
}

/** @throws TrainError when it cannot be written */
export function writeStudy(directory: string, study: StudyResult): Promise<void> {
  return writeFileAtomic(
    join(resolve(directory), STUDY),
    `${JSON.stringify(study, undefined, 2)}\n`,
  )
}

async function read<Schema extends z.ZodType>(
  directory: string,
  name: string,
  schema: Schema,
  hint: string,
): Promise<z.output<Schema> | undefined> {
  const file = join(resolve(directory), name)
  const bytes = await readIfThere(file)
  return bytes && parseJson(schema, new TextDecoder().decode(bytes), file, hint)
}
