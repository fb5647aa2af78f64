export { createRun, openRun, resumeRun, type OpenedRun, type RunFolder } from './node/run-folder.js'
export { writeFileAtomic } from './node/write-file-atomic.js'
