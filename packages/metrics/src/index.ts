export { accuracy } from './accuracy.js'
export {
  type BootstrapOptions,
  type GroupedSamples,
  type RatioInterval,
  bootstrapRatio,
} from './bootstrap-ratio.js'
export {
  type ClassScores,
  type ClassificationReport,
  classificationReport,
} from './classification-report.js'
export {
  type CompareOptions,
  type ComparedPair,
  type Comparison,
  type Repetition,
  type Verdict,
  compareRepetitions,
  holm,
} from './compare-repetitions.js'
export { type ConfusionMatrix, confusionMatrix } from './confusion-matrix.js'
export { type MannKendall, mannKendall } from './mann-kendall.js'
export { type MannWhitney, mannWhitney, smallestP } from './mann-whitney.js'
export {
  type McNemarResult,
  type PermutationResult,
  type TestResult,
  mcNemarTest,
  permutationTest,
} from './significance.js'
export { type TimingStatistics, timingStatistics } from './timing-statistics.js'
export { type Trend, type TrendOptions, stepTrend, trend } from './trend.js'
