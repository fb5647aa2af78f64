import { WARMUP } from '../protocol/protocol.js'
import type { Budget } from './messages.js'

/** Of which the losses are compared; they are not timed. */
export const PARITY_STEPS = 20

/** Once, before the first round: engines compile and tune on their first calls. */
export const FIRST_WARMUP: Budget = { minSteps: WARMUP.minSteps, seconds: WARMUP.seconds }

/** Before every burst: another process has had the caches and the clock of the cores. */
export const BURST_WARMUP: Budget = { minSteps: 3, seconds: 0.03 }
export const MIN_BURST_STEPS = 5

/** Between bursts: OpenMP's threads spin for some milliseconds before they sleep. */
export const PAUSE_MS = 20
