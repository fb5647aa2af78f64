export { agreementLines } from './chapters/agreement-chapter.js'
export {
  PUBLISHED,
  PUBLISHED_SOURCE,
  type PublishedModel,
  type PublishedPass,
} from './chapters/published.js'
export { type NamedRun, runsDocument } from './chapters/runs-document.js'
export { studyDocument } from './chapters/study-document.js'
export { studyPlan } from './study-plan.js'
export {
  type ModelFacts,
  type ReportedRun,
  type ReportedStudyRun,
  STUDY_SCHEMA,
  STUDY_VARIANTS,
  type StudyResult,
  type StudyResults,
  type StudyRun,
  type StudySettings,
  type StudyVariant,
  studySchema,
} from './study-result.js'
