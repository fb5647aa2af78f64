// This entry carries out a bench with processes, browsers, peers and files. It runs only in
// Node.js.
export {
  type BenchCommand,
  exitCode,
  type MeasureOptions,
  measureBench,
  runBenchCommand,
} from './node/bench-command.js'
export { compareAndPrint, type ComparisonOptions } from './node/compare-files.js'
export { type AskedEngines, resolveEngines, TURNS_ENGINES } from './node/engines.js'
export { findTorch, PEER_NAMES } from './node/peers/commands.js'
export type { TurnsProgress } from './node/progress.js'
export {
  assertDocumentsWritable,
  type Documents,
  type OutputFiles,
  readBenchFile,
  type ResultFile,
  writeDocuments,
  writeReports,
} from './node/result-files.js'
export { RUNTIME_NAMES } from './node/runtimes/table.js'
