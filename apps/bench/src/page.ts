// What a page needs to run a bench of its own.
export type { BenchOptions } from './options.js'
export type { CellMessage } from './page/cell-message.js'
export { runCellInWorker } from './page/run-cell.js'
export { calibrateTimer } from './clock.js'
export { ALPHA, MAX_STEPS, MIN_EFFECT, MIN_STEPS } from './protocol.js'
export { benchResult } from './result.js'
export { type BenchProgress, runBench } from './run-bench.js'
export { schedule } from './schedule.js'
