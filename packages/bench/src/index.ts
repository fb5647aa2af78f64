export { type RunCell } from './measure/cell-report.js'
export { calibrateTimer } from './measure/clock.js'
export { type CellMessage } from './page/cell-message.js'
export { benchMarkdown, benchTable } from './present/bench-table.js'
export { benchWarnings } from './present/bench-warnings.js'
export { comparisonMarkdown, comparisonTable } from './present/comparison-table.js'
export { ALPHA, MAX_STEPS, MIN_EFFECT, MIN_STEPS } from './protocol/protocol.js'
export {
  againSchedule,
  divergenceSchedule,
  profileSchedule,
  schedule,
} from './protocol/schedule.js'
export {
  type AccuracyCell,
  type AccuracyRun,
  type BenchAccuracy,
  type MeanAndSpread,
  accuracyCellSchema,
  accuracyRunSchema,
  benchAccuracySchema,
  meanAndSpread,
} from './results/bench-accuracy.js'
export {
  type BenchBrowser,
  type BenchCell,
  type BenchMemory,
  type BenchOkCell,
  type BenchRepetition,
  type BenchStep,
  type CellName,
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
} from './results/bench-cell.js'
export {
  type BenchEnvironment,
  type EnvironmentDifference,
  benchEnvironmentSchema,
  machineDifferences,
  machineFingerprint,
  softwareDifferences,
} from './results/bench-environment.js'
export {
  type BenchParity,
  type FirstDivergence,
  type ParityLayer,
  type TensorDelta,
  benchParitySchema,
  firstDivergenceSchema,
  parityLayerSchema,
} from './results/bench-parity.js'
export {
  type BenchProfile,
  STEP_PHASES,
  type StepPhase,
  benchProfileSchema,
  stepPhaseSchema,
} from './results/bench-profile.js'
export {
  BENCH_SCHEMA,
  type BenchProtocol,
  type BenchPurpose,
  type BenchResult,
  type ParsedBench,
  benchProtocolSchema,
  benchPurposeSchema,
  benchResultSchema,
  parseBenchResult,
} from './results/bench-result.js'
export {
  type ComparedCell,
  type ResultComparison,
  compareResults,
} from './results/compare-results.js'
export { BROWSERS, type BrowserName, takeApart } from './runtimes/place-name.js'
export {
  type BenchProgress,
  type FinishedBench,
  type RunBenchTools,
  runBench,
} from './runtimes/run-bench.js'
