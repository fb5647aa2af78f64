// What a page needs to run a bench of its own; no Node.js module is behind it.
export { calibrateTimer } from './measure/clock.js'
export type { CellMessage } from './page/cell-message.js'
export { runCellInWorker } from './page/run-cell.js'
export type { BenchOptions } from './protocol/options.js'
export { ALPHA, MAX_STEPS, MIN_EFFECT, MIN_STEPS } from './protocol/protocol.js'
export { schedule } from './protocol/schedule.js'
export { benchResult } from './results/result.js'
export { type BenchProgress, runBench } from './runtimes/run-bench.js'
