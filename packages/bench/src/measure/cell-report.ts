import type { Profile, SessionInfo } from '@mnist-lab/backends'
import type { StepBudget } from '../protocol/protocol.js'
import type { BenchBrowser, CellName } from '../results/cell-schema.js'
import type { AccuracyRun, BenchPurpose } from '../results/result-schema.js'

/** What one process is asked to do. It is sent to the process as it stands. */
export interface CellRequest extends CellName {
  readonly purpose: BenchPurpose
  /** Counts from 1. In a training to an accuracy it is the place of the seed. */
  readonly repetition: number
  readonly seed: number
  readonly budget: StepBudget
  /** Whether an engine that runs another number of threads than asked for counts as unavailable. */
  readonly exactThreads: boolean
  /** Whether losses without dropout are recorded too: no peer shares our dropout masks. */
  readonly plain: boolean
  /** The share by which each step is made longer. See `slowed` of @mnist-lab/backends. */
  readonly slowDown?: number
  /** The goal of a training to an accuracy. */
  readonly accuracy?: { readonly target: number; readonly maxEpochs: number }
}

/** What parity compares. Tensors are in the order of the model's weights. */
export interface ParityTrace {
  /** The losses of the first steps. */
  readonly losses: readonly number[]
  /** All weights after these steps; empty for a peer that does not tell them. */
  readonly weights: readonly Float32Array[]
  /** All gradients of the first step, including weight decay. */
  readonly gradients: readonly Float32Array[]
  /** The untrained model's output for the first test images. */
  readonly forward: Float32Array
}

/** What parity compares for a peer: the model without dropout. */
export type PlainTrace = Pick<ParityTrace, 'losses' | 'weights'>

/** The timed steps of one process. */
export interface StepTimings {
  /** The milliseconds of each step. */
  readonly steps: readonly number[]
  readonly yardstickMs?: number
  readonly collections?: { readonly count: number; readonly ms: number }
  /** The processor time of the whole process / the duration of the steps. */
  readonly cpuShare?: number
  /** How many cores' worth of time other programs used meanwhile. */
  readonly othersCores?: number
  readonly leak?: Leak
}

/** What memory grew by from the first timed step to the last. */
export interface Leak {
  readonly steps: number
  readonly tensors: number
  readonly tensorBytes: number
  readonly engineBytes: number
  readonly jsBytes: number
}

/** The memory of one process at its end. */
export interface ProcessMemory {
  readonly peakRssBytes?: number
  readonly jsHeapBytes?: number
  readonly jsExternalBytes?: number
  readonly engineBytes?: number
  readonly tensors?: number
  readonly tensorBytes?: number
}

/** All times of one process in milliseconds, unless a name says otherwise. What a peer does not tell is absent. */
export interface CellTimings extends StepTimings {
  readonly load?: number
  readonly open: number
  readonly compile?: number
  readonly firstStep?: number
  readonly evaluate?: { readonly images: number; readonly ms: number }
  readonly predictOne?: readonly number[]
  readonly memory: ProcessMemory
  readonly trainSamples: number
  readonly testSamples: number
}

/** The results of the first layers of a model, with a dense layer of fixed weights behind them, on one batch. */
export interface PrefixTrace {
  /** The last layer of the part (`3 avgPool2d`), or `0 dense` for the dense layer alone. */
  readonly layer: string
  readonly forward: Float32Array
  readonly gradients: readonly Float32Array[]
}

/** Where the time of some steps went. */
export interface ProfiledSteps extends Profile {
  /** The milliseconds of each step. */
  readonly steps: readonly number[]
}

/** What a process measured. Which fields there are depends on the request's purpose. */
export interface OkReport {
  readonly status: 'ok'
  readonly info: SessionInfo
  readonly trace?: ParityTrace
  readonly plain?: PlainTrace
  readonly timings?: CellTimings
  readonly profile?: ProfiledSteps
  readonly accuracy?: AccuracyRun
  readonly prefixes?: readonly PrefixTrace[]
  /** The browser that it ran in. Its worker knows the clock and the isolation alone. */
  readonly browser?: Pick<BenchBrowser, 'crossOriginIsolated' | 'timerResolutionMs'> &
    Partial<BenchBrowser>
}
/** The engine cannot run here. */
export interface UnavailableReport {
  readonly status: 'unavailable'
  readonly reason: string
  readonly hint: string
}
/** The engine started and did not come to an end. */
interface FailedReport {
  readonly status: 'failed'
  readonly reason: string
}

/** What one process answers. It is sent back as it stands. */
export type CellReport = OkReport | UnavailableReport | FailedReport

/** Runs one request in a process or a page of its own. It never throws for what happens inside. */
export type RunCell = (request: CellRequest, signal: AbortSignal) => Promise<CellReport>

/** A request that was carried out, and its report. */
export interface FinishedRequest {
  readonly request: CellRequest
  readonly report: CellReport
}
