// This entry has the protocol, the result files and the tables of the bench. It runs in browsers
// too.
export { calibrateTimer } from './measure/clock.js'
export type { RunCell } from './measure/cell-report.js'
export {
  type BenchProgress,
  type FinishedBench,
  type RunBenchTools,
  runBench,
} from './measure/run-bench.js'
export { benchMarkdown, benchTable } from './present/result-table.js'
export { benchWarnings } from './present/warnings.js'
export { comparisonMarkdown, comparisonTable } from './present/comparison-table.js'
export { type EngineName, engineText, parseEngineName } from './protocol/engine-name.js'
export { type BenchPlan, DEFAULT_PLAN, type PeerCommand } from './protocol/plan.js'
export {
  ALPHA,
  HOLDS,
  MAX_STEPS,
  MIN_EFFECT,
  MIN_STEPS,
  type StepBudget,
  TURNS,
} from './protocol/protocol.js'
export { schedule } from './protocol/schedule.js'
export {
  type BenchBrowser,
  type BenchCell,
  type BenchMemory,
  type BenchOkCell,
  type BenchParity,
  type BenchProfile,
  type BenchRepetition,
  type BenchStep,
  benchCellSchema,
  benchOkCellSchema,
  benchParitySchema,
  benchProfileSchema,
  type CellName,
  cellNameSchema,
  countedSamples,
  type FirstDivergence,
  type ParityLayer,
  STEP_PHASES,
  type StepPhase,
  sameCell,
  samplesByRepetition,
  type TensorDelta,
} from './results/cell-schema.js'
export { ANSWER_SECONDS } from './protocol/limits.js'
export { type ComparedCell, type ResultComparison, compareResults } from './results/compare.js'
export {
  type BenchEnvironment,
  benchEnvironmentSchema,
  type EnvironmentDifference,
  machineDifferences,
  machineFingerprint,
  softwareDifferences,
} from './results/environment.js'
export {
  type AccuracyCell,
  type AccuracyRun,
  BENCH_SCHEMA,
  type BenchAccuracy,
  type BenchMode,
  type BenchProtocol,
  type BenchPurpose,
  type BenchResult,
  benchProtocolSchema,
  benchResultSchema,
  type MeanAndSpread,
  meanAndSpread,
} from './results/result-schema.js'
export { type ParsedBench, parseBenchResult } from './results/upgrade.js'
