export { agreementLines } from './chapters/agreement-chapter.js'
export { studyPlan } from './plan.js'
export {
  PUBLISHED,
  PUBLISHED_SOURCE,
  type PublishedModel,
  type PublishedPass,
} from './published.js'
export {
  type ModelFacts,
  type ReportedRun,
  type ReportedStudyRun,
  type StudyResults,
} from './results.js'
export { type NamedRun, runsDocument } from './runs-document.js'
export {
  STUDY_SCHEMA,
  STUDY_VARIANTS,
  type StudyFile,
  type StudyRun,
  type StudySettings,
  type StudyVariant,
  studySchema,
} from './schema.js'
export { studyDocument } from './study-document.js'
