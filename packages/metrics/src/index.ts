export {
  type ClassScores,
  type ClassificationReport,
  type ConfusionCount,
  type ConfusionMatrix,
  accuracy,
  classificationReport,
  confusionCounts,
  confusionMatrix,
  MAX_MATRIX_CLASSES,
} from './classification.js'
export {
  canJudge,
  ENOUGH_PROCESSES,
  type CompareOptions,
  type ComparedPair,
  type Comparison,
  type Repetition,
  type Verdict,
  compareRepetitions,
  holm,
} from './compare-repetitions.js'
export {
  type McNemarResult,
  type PermutationResult,
  type TestResult,
  mcNemarTest,
  permutationTest,
} from './exact-tests.js'
export {
  type MannKendall,
  type MannWhitney,
  mannKendall,
  mannWhitney,
  smallestP,
} from './rank-tests.js'
export {
  type BootstrapOptions,
  type GroupedSamples,
  type RatioInterval,
  type TimingStatistics,
  bootstrapRatio,
  timingStatistics,
} from './timing.js'
export { type Trend, type TrendOptions, stepTrend, trend } from './trend.js'
