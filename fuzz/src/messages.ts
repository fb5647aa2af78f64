import type { Fault } from './judge.js'

/** The exit code of a child that failed by a bug of the fuzzer itself. */
export const FUZZER_BUG = 70

/** The task of the process of a target. */
export interface ChildTask {
  readonly target: string
  /** The number of branches of the instrumented code. */
  readonly branches: number
  readonly seed: number
  /** The number of the first input; more than 0 after another process has died. */
  readonly first: number
  /** The least number of inputs to make, counted from input 0. */
  readonly inputs: number
  /** Until when inputs are made at least, in milliseconds since 1970. */
  readonly until: number
  readonly seconds: number
  /** The file for the input that is running. */
  readonly record: string
  /** The folder for inputs that did something new, which outlives this process. */
  readonly scratch: string
  /** The folder of the kept corpus of the target. */
  readonly corpus: string
  /** Inputs that ended an earlier process, in base64. They are not run again. */
  readonly deadly: readonly string[]
  /** Runs the input in this file alone, and nothing else. */
  readonly replay?: string
}

/** Says how far a target is. */
export interface Progress {
  readonly type: 'progress'
  /** The number of the next input. */
  readonly input: number
  readonly executions: number
  /** The number of inputs that did something new. */
  readonly kept: number
  readonly branches: number
  readonly features: number
}

/** A wrong answer, with the shortest input for it that was found. */
interface FoundFault {
  readonly type: 'fault'
  readonly fault: Fault
  readonly base64: string
}

/** The end of a target. */
export interface Done extends Omit<Progress, 'type'> {
  readonly type: 'done'
  /** The number of inputs that were added to the kept corpus. */
  readonly added: number
}

/** A message of the process of a target. */
export type ChildMessage = Progress | FoundFault | Done | { readonly type: 'fine' }
