import { writeFileAtomic } from '@mnist-lab/core/node'
import { readResult } from '@mnist-lab/train/node'
import { join, resolve } from 'node:path'
import { type StudyResult, studySchema } from '../study-result.js'

const STUDY = 'study.json'

/**
 * @returns a folder's `study.json`, or undefined where there is none
 * @throws TrainError when it is wrong
 */
export function readStudy(directory: string): Promise<StudyResult | undefined> {
  return readResult(
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
