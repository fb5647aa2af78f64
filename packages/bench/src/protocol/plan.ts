import type { BenchMode } from '../results/result-schema.js'
import { ALPHA, MAX_STEPS, MIN_EFFECT, MIN_STEPS, type StepBudget } from './protocol.js'

/**
 * The command that starts a peer, a program in any language that follows the protocol of
 * docs/peers.md.
 */
export interface PeerCommand {
  readonly name: string
  readonly executable: string
  readonly args: readonly string[]
}

/** Says what a bench measures, and how. */
export interface BenchPlan {
  /**
   * `fresh` runs each repetition in a new process. In `turns` each engine has one process, and the
   * processes take turns.
   */
  readonly mode: BenchMode
  /**
   * The engines in the order of the table, each as `engine[:threads][@runtime]`: a backend
   * (`fused:2`, `fused@chromium`) or a peer. In turns all others are compared with the first.
   */
  readonly engines: readonly string[]
  /** The commands of the engines that are peers. */
  readonly peers: readonly PeerCommand[]
  /** The engines that the user asked for by name: one that is not available is then an error. */
  readonly named: readonly string[]
  /**
   * The runtimes that the user asked for by name: one that cannot run any of its engines is then an
   * error.
   *
   * @default none
   */
  readonly namedRuntimes?: readonly string[]
  /** The runtimes in which as little is measured as {@link SLOW} says. @default none */
  readonly slowRuntimes?: readonly string[]
  readonly models: readonly string[]
  /** The batch sizes, which are several in a sweep. */
  readonly batchSizes: readonly number[]
  /**
   * The threads of engines whose names have none, which are several numbers in a sweep; undefined
   * lets the engine choose.
   */
  readonly threads: readonly (number | undefined)[]
  /** The number of fresh processes for each cell, or of rounds in turns. */
  readonly repetitions: number
  /** Says how long each process, or each turn, is timed. */
  readonly budget: StepBudget
  readonly seed: number
  /** Whether to measure the time of each phase and kernel of a step afterwards. */
  readonly profile: boolean
  /** The test accuracy to train to; absent for no training to an accuracy. */
  readonly toAccuracy?: number
  /** Says how many trainings to that accuracy. */
  readonly seeds: number
  /** The number of epochs after which a training to an accuracy stops. */
  readonly maxEpochs: number
  /** The share by which every step is made longer, to test the bench itself. */
  readonly slowDown?: number
  /** See `compareRepetitions` of @mnist-lab/metrics. */
  readonly comparison: { readonly alpha: number; readonly minEffect: number }
  /**
   * The seconds that a process may take for an answer beyond the work that it was asked for.
   *
   * @default ANSWER_SECONDS
   */
  readonly answerSeconds?: number
}

/**
 * A plan with the defaults of `pnpm bench`, except that it names the two backends that run
 * everywhere.
 */
export const DEFAULT_PLAN: BenchPlan = {
  mode: 'fresh',
  engines: ['fused', 'wasm'],
  peers: [],
  named: [],
  models: ['lenet5'],
  batchSizes: [32],
  threads: [undefined],
  repetitions: 8,
  budget: { seconds: 1, minSteps: MIN_STEPS, maxSteps: MAX_STEPS },
  seed: 1,
  profile: false,
  seeds: 5,
  maxEpochs: 20,
  comparison: { alpha: ALPHA, minEffect: MIN_EFFECT },
}
