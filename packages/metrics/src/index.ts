export { accuracy } from './accuracy.js'
export {
  accuracyCellSchema,
  accuracyRunSchema,
  benchAccuracySchema,
  meanAndSpread,
  type AccuracyCell,
  type AccuracyRun,
  type BenchAccuracy,
  type MeanAndSpread,
} from './bench-accuracy.js'
export {
  benchBrowserSchema,
  benchCellSchema,
  benchFailedCellSchema,
  benchMemorySchema,
  benchOkCellSchema,
  benchRepetitionSchema,
  benchStepSchema,
  benchUnavailableCellSchema,
  cellNameSchema,
  countedSamples,
  ratioIntervalSchema,
  sameCell,
  samplesByRepetition,
  versusBaselineSchema,
  type BenchBrowser,
  type BenchCell,
  type BenchMemory,
  type BenchOkCell,
  type BenchRepetition,
  type BenchStep,
  type CellName,
} from './bench-cell.js'
export {
  benchEnvironmentSchema,
  machineDifferences,
  machineFingerprint,
  softwareDifferences,
  type BenchEnvironment,
  type EnvironmentDifference,
} from './bench-environment.js'
export {
  benchParitySchema,
  firstDivergenceSchema,
  parityLayerSchema,
  type BenchParity,
  type FirstDivergence,
  type ParityLayer,
  type TensorDelta,
} from './bench-parity.js'
export {
  benchProfileSchema,
  STEP_PHASES,
  stepPhaseSchema,
  type BenchProfile,
  type StepPhase,
} from './bench-profile.js'
export {
  BENCH_SCHEMA,
  benchProtocolSchema,
  benchPurposeSchema,
  benchResultSchema,
  parseBenchResult,
  type BenchProtocol,
  type BenchPurpose,
  type BenchResult,
  type ParsedBench,
} from './bench-result.js'
export {
  bootstrapRatio,
  type BootstrapOptions,
  type GroupedSamples,
  type RatioInterval,
} from './bootstrap-ratio.js'
export {
  classificationReport,
  type ClassificationReport,
  type ClassScores,
} from './classification-report.js'
export {
  compareRepetitions,
  holm,
  type ComparedPair,
  type CompareOptions,
  type Comparison,
  type Repetition,
  type Verdict,
} from './compare-repetitions.js'
export { compareResults, type ComparedCell, type ResultComparison } from './compare-results.js'
export { confusionMatrix, type ConfusionMatrix } from './confusion-matrix.js'
export {
  EVALUATION_SCHEMA,
  evaluationSchema,
  mistakenSamples,
  mostConfidentMistakes,
  type Evaluation,
  type Mistake,
} from './evaluation-result.js'
export { mannKendall, type MannKendall } from './mann-kendall.js'
export { mannWhitney, smallestP, type MannWhitney } from './mann-whitney.js'
export { batchLossPerSample, meanLoss } from './mean-loss.js'
export {
  addBatch,
  emptyPass,
  passFigures,
  passSumsSchema,
  type BatchFigures,
  type PassSums,
} from './pass.js'
export {
  epochFiguresSchema,
  passFiguresSchema,
  RUN_SCHEMA,
  runSchema,
  type EpochFigures,
  type PassFigures,
  type RunResult,
} from './run-result.js'
export {
  mcNemarTest,
  permutationTest,
  type McNemarResult,
  type PermutationResult,
  type TestResult,
} from './significance.js'
export {
  STUDY_SCHEMA,
  STUDY_VARIANTS,
  studySchema,
  type ModelFacts,
  type ReportedRun,
  type ReportedStudyRun,
  type StudyResult,
  type StudyResults,
  type StudyRun,
  type StudySettings,
  type StudyVariant,
} from './study-result.js'
export { timingStatistics, type TimingStatistics } from './timing-statistics.js'
export { stepTrend, trend, type Trend, type TrendOptions } from './trend.js'
