import type { Profile, SessionInfo } from '@mnist-lab/backends'
import type { AccuracyRun } from '../results/bench-accuracy.js'
import type { BenchBrowser, CellName } from '../results/bench-cell.js'
import type { BenchPurpose } from '../results/bench-result.js'
import type { StepBudget } from '../protocol/protocol.js'

/** What one process is asked to do. Sent to it as it stands. */
export interface CellRequest extends CellName {
  readonly purpose: BenchPurpose
  /** From 1; of an accuracy run, the seed's place. */
  readonly repetition: number
  readonly seed: number
  readonly budget: StepBudget
  /** Whether another number of threads than asked for is no measurement. */
  readonly exactThreads: boolean
  /** Whether losses without dropout are wanted too: no peer shares our masks. */
  readonly plain: boolean
  /** See `slowed` of @mnist-lab/backends. */
  readonly slowDown?: number
  /** Of an accuracy run. */
  readonly accuracy?: { readonly target: number; readonly maxEpochs: number }
}

/** What parity compares. Tensors in the order of the model's weights. */
export interface ParityTrace {
  /** Of the first steps. */
  readonly losses: readonly number[]
  /** All weights after them; none from a peer that does not tell them. */
  readonly weights: readonly Float32Array[]
  /** All gradients of the first step, weight decay's part in them. */
  readonly gradients: readonly Float32Array[]
  /** What the untrained model says of the first test images. */
  readonly forward: Float32Array
}

/** Of a peer: of the model without dropout. */
export type PlainTrace = Pick<ParityTrace, 'losses' | 'weights'>

/** One process's steady state. */
export interface StepTimings {
  /** Milliseconds of each step. */
  readonly steps: readonly number[]
  readonly yardstickMs?: number
  readonly collections?: { readonly count: number; readonly ms: number }
  /** Of the whole process, over the steps. */
  readonly cpuShare?: number
  /** Cores' worth of time that others used meanwhile. */
  readonly othersCores?: number
  readonly leak?: Leak
}

/** What was added from the first timed step to the last. */
export interface Leak {
  readonly steps: number
  readonly tensors: number
  readonly tensorBytes: number
  readonly engineBytes: number
  readonly jsBytes: number
}

export interface ProcessMemory {
  readonly peakRssBytes?: number
  readonly jsHeapBytes?: number
  readonly jsExternalBytes?: number
  readonly engineBytes?: number
  readonly tensors?: number
  readonly tensorBytes?: number
}

/** Milliseconds, unless they say otherwise; what a peer does not tell is absent. */
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

/** A part of a model, from its first layer on, with a dense layer of fixed weights behind it, on one batch. */
export interface PrefixTrace {
  /** The last layer of the part: `3 avgPool2d`; `0 dense` for none but the dense layer. */
  readonly layer: string
  readonly forward: Float32Array
  readonly gradients: readonly Float32Array[]
}

export interface ProfiledSteps extends Profile {
  /** Milliseconds of each step. */
  readonly steps: readonly number[]
}

/** Which of these there are depends on the request's purpose. */
export interface OkReport {
  readonly status: 'ok'
  readonly info: SessionInfo
  readonly trace?: ParityTrace
  readonly plain?: PlainTrace
  readonly timings?: CellTimings
  readonly profile?: ProfiledSteps
  readonly accuracy?: AccuracyRun
  readonly prefixes?: readonly PrefixTrace[]
  /** Where it ran, when that is a browser; its worker knows but the clock and the isolation. */
  readonly browser?: Pick<BenchBrowser, 'crossOriginIsolated' | 'timerResolutionMs'> &
    Partial<BenchBrowser>
}
export interface UnavailableReport {
  readonly status: 'unavailable'
  readonly reason: string
  readonly hint: string
}
export interface FailedReport {
  readonly status: 'failed'
  readonly reason: string
}

/** What one process has to say. Sent back as it stands. */
export type CellReport = OkReport | UnavailableReport | FailedReport

/** Runs one process, or pretends to: it never throws for what happens inside. */
export type RunCell = (request: CellRequest, signal: AbortSignal) => Promise<CellReport>

export interface FinishedRun {
  readonly request: CellRequest
  readonly report: CellReport
}
