export { createRun, openRun, resumeRun, type RunFolder } from './node/run-folder.js'
export {
  hasCheckpoint,
  readEvaluation,
  readRun,
  readStudy,
  writeEvaluation,
  writeStudy,
} from './node/result-files.js'
export { writeFileAtomic } from './node/write-file-atomic.js'
export type { OpenedRun } from './run-files.js'
