export { accuracy } from './accuracy.js'
export {
  BENCH_SCHEMA, benchBrowserSchema, benchCellSchema, benchEnvironmentSchema, benchFailedCellSchema, benchOkCellSchema, benchParitySchema,
  benchProtocolSchema, benchResultSchema, benchStepSchema, benchUnavailableCellSchema, ratioIntervalSchema,
  samplesByRepetition, type BenchBrowser, type BenchCell, type BenchEnvironment, type BenchOkCell, type BenchParity, type BenchProtocol,
  type BenchResult, type BenchStep,
} from './bench-result.js'
export {
  bootstrapRatio, type BootstrapOptions, type GroupedSamples, type RatioInterval,
} from './bootstrap-ratio.js'
export { classificationReport, type ClassificationReport, type ClassScores } from './classification-report.js'
export { confusionMatrix, type ConfusionMatrix } from './confusion-matrix.js'
export {
  EVALUATION_SCHEMA, evaluationSchema, mistakenSamples, mostConfidentMistakes, type Evaluation, type Mistake,
} from './evaluation-result.js'
export { batchLossPerSample, meanLoss } from './mean-loss.js'
export {
  addBatch, emptyPass, passFigures, passSumsSchema, type BatchFigures, type PassSums,
} from './pass.js'
export {
  epochFiguresSchema, passFiguresSchema, RUN_SCHEMA, runSchema, type EpochFigures, type PassFigures, type RunResult,
} from './run-result.js'
export {
  mcNemarTest, permutationTest, type McNemarResult, type PermutationResult, type TestResult,
} from './significance.js'
export {
  STUDY_SCHEMA, STUDY_VARIANTS, studySchema, type ModelFacts, type ReportedRun, type ReportedStudyRun, type StudyResult,
  type StudyResults, type StudyRun, type StudySettings, type StudyVariant,
} from './study-result.js'
export { timingStatistics, type TimingStatistics } from './timing-statistics.js'
