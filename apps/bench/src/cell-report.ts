import type { SessionInfo } from '@mnist-lab/backends'
import type { BenchBrowser } from '@mnist-lab/metrics'
import type { StepBudget } from './protocol.js'

/** A line of the table: what is compared. */
export interface CellName {
  readonly backend: string
  readonly model: string
  readonly batchSize: number
}

/** What one process is asked to do. Sent to it as it stands. */
export interface CellRequest extends CellName {
  /** From 1; a reference run of its own has 1. */
  readonly repetition: number
  /** Whether only the trace for parity is wanted. */
  readonly reference: boolean
  readonly threads?: number
  readonly seed: number
  readonly budget: StepBudget
}

/** Losses of the first steps, and all weights after them, tensor by tensor. */
export interface ParityTrace {
  readonly losses: readonly number[]
  readonly weights: readonly Float32Array[]
}

/** Milliseconds, unless they say otherwise. */
export interface CellTimings {
  readonly load: number
  readonly open: number
  readonly compile: number
  readonly firstStep: number
  /** Of the steady state. */
  readonly steps: readonly number[]
  readonly evaluate: { readonly images: number; readonly ms: number }
  readonly predictOne: readonly number[]
  /** Browsers do not tell. */
  readonly peakRssBytes?: number
  readonly trainSamples: number
  readonly testSamples: number
}

export interface OkReport {
  readonly status: 'ok'
  readonly info: SessionInfo
  readonly trace: ParityTrace
  /** Absent for a reference run. */
  readonly timings?: CellTimings
  /** Where it ran, when that is a browser; its worker knows but the clock and the isolation. */
  readonly browser?: Pick<BenchBrowser, 'crossOriginIsolated' | 'timerResolutionMs'> & Partial<BenchBrowser>
}
export interface UnavailableReport { readonly status: 'unavailable'; readonly reason: string; readonly remedy: string }
export interface FailedReport { readonly status: 'failed'; readonly reason: string }

/** What one process has to say. Sent back as it stands. */
export type CellReport = OkReport | UnavailableReport | FailedReport

/** Runs one process, or pretends to: it never throws for what happens inside. */
export type RunCell = (request: CellRequest, signal: AbortSignal) => Promise<CellReport>

export interface FinishedRun {
  readonly request: CellRequest
  readonly report: CellReport
}

export function sameCell(a: CellName, b: CellName): boolean {
  return a.backend === b.backend && a.model === b.model && a.batchSize === b.batchSize
}
