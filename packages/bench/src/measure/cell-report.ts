import type { Profile, SessionInfo } from '@mnist-lab/backends'
import type { StepBudget } from '../protocol/protocol.js'
import type { BenchBrowser, BenchRuntime, CellName } from '../results/cell-schema.js'
import type { AccuracyRun, BenchPurpose } from '../results/result-schema.js'

/** A request to one process, which is sent to it unchanged. */
export interface CellRequest extends CellName {
  readonly purpose: BenchPurpose
  /**
   * The number of the repetition, from 1. In a training to an accuracy it is the number of the
   * seed.
   */
  readonly repetition: number
  readonly seed: number
  readonly budget: StepBudget
  /** Whether an engine that runs another number of threads than asked for counts as unavailable. */
  readonly exactThreads: boolean
  /** Whether losses without dropout are recorded too: peers draw other dropout masks. */
  readonly plain: boolean
  /** The share by which each step is made longer. See `slowed` of @mnist-lab/backends. */
  readonly slowDown?: number
  /** The goal of a training to an accuracy. */
  readonly accuracy?: { readonly target: number; readonly maxEpochs: number }
}

/** The numbers that parity compares. Tensors are in the order of the model's weights. */
export interface ParityTrace {
  /** The losses of the first steps. */
  readonly losses: readonly number[]
  /** All weights after these steps; empty for a peer that does not report them. */
  readonly weights: readonly Float32Array[]
  /** All gradients of the first step, including weight decay. */
  readonly gradients: readonly Float32Array[]
  /** The untrained model's output for the first test images. */
  readonly forward: Float32Array
}

/** The numbers that parity compares for a peer, which trains the model without dropout. */
export type PlainTrace = Pick<ParityTrace, 'losses' | 'weights'>

/** The timed steps of one process. */
export interface StepTimings {
  /** The milliseconds of each step. */
  readonly steps: readonly number[]
  /** The number of steps that the host timed at once, where it timed them from outside. */
  readonly stepsAtOnce?: number
  readonly yardstickMs?: number
  readonly collections?: { readonly count: number; readonly ms: number }
  /** The processor time of the whole process divided by the duration of the steps. */
  readonly cpuShare?: number
  /** Says how many cores' worth of time other programs used meanwhile. */
  readonly othersCores?: number
  readonly leak?: Leak
}

/** Says how much the memory grew from the first timed step to the last. */
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

/**
 * All times of one process in milliseconds, unless a name says otherwise. Fields that a peer does
 * not report are absent.
 */
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
  /**
   * The time from the start of the process, or of the page, to the end of the first step, without
   * reading the data.
   */
  readonly startUp?: number
}

/**
 * The results of the first layers of a model, followed by a dense layer of fixed weights, on one
 * batch.
 */
export interface PrefixTrace {
  /** The last layer of the part (`3 avgPool2d`), or `0 dense` for the dense layer alone. */
  readonly layer: string
  readonly forward: Float32Array
  readonly gradients: readonly Float32Array[]
}

/** Says how long the phases and kernels of some steps took. */
export interface ProfiledSteps extends Profile {
  /** The milliseconds of each step. */
  readonly steps: readonly number[]
}

/** The measurements of a process. Which fields it has depends on the purpose of the request. */
export interface OkReport {
  readonly status: 'ok'
  readonly info: SessionInfo
  readonly trace?: ParityTrace
  readonly plain?: PlainTrace
  readonly timings?: CellTimings
  readonly profile?: ProfiledSteps
  readonly accuracy?: AccuracyRun
  readonly prefixes?: readonly PrefixTrace[]
  /** When the first step ended, in milliseconds since 1970 by the machine's clock. */
  readonly firstStepAt?: number
  /** The runtime that it ran in, where that is not the Node.js of the bench or a browser. */
  readonly runtime?: BenchRuntime
  /** The browser that it ran in. Its worker only knows the clock and the isolation. */
  readonly browser?: Pick<BenchBrowser, 'crossOriginIsolated' | 'timerResolutionMs'> &
    Partial<BenchBrowser>
}
/** The engine cannot run here. */
export interface UnavailableReport {
  readonly status: 'unavailable'
  readonly reason: string
  readonly hint: string
}
/** The engine started but did not finish. */
interface FailedReport {
  readonly status: 'failed'
  readonly reason: string
}

/** The answer of one process, which is sent back unchanged. */
export type CellReport = OkReport | UnavailableReport | FailedReport

/**
 * Runs one request in a separate process or page. Failures inside become reports, so it never
 * throws.
 */
export type RunCell = (request: CellRequest, signal: AbortSignal) => Promise<CellReport>

/** A request that was carried out, and its report. */
export interface FinishedRequest {
  readonly request: CellRequest
  readonly report: CellReport
}
