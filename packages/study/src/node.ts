export { reportedRun, studyResults } from './node/read-results.js'
export { runStudy } from './node/run-study.js'
export {
  checkSettings,
  readStudy,
  settingsOfStudy,
  STUDY_FILE,
  writeStudy,
} from './node/study-folder.js'
export { studyView } from './node/study-view.js'
export { assertReportWritable, writeReport } from './node/write-report.js'
