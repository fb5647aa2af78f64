// This entry lets a page run a bench. It imports no Node.js module.
export { calibrateTimer } from './measure/clock.js'
export { type BenchProgress, runBench } from './measure/run-bench.js'
export { type CellMessage, runCellInWorker } from './page/run-in-worker.js'
export { type BenchPlan, DEFAULT_PLAN } from './protocol/plan.js'
export { ALPHA, MAX_STEPS, MIN_EFFECT, MIN_STEPS } from './protocol/protocol.js'
export { schedule } from './protocol/schedule.js'
export { benchResult } from './results/build-result.js'
