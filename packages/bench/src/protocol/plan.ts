import type { BenchMode } from '../results/result-schema.js'
import { ALPHA, MAX_STEPS, MIN_EFFECT, MIN_STEPS, type StepBudget } from './protocol.js'

/** How to start a peer: a program of any language that speaks the protocol of docs/peers.md. */
export interface PeerCommand {
  readonly name: string
  readonly executable: string
  readonly args: readonly string[]
}

/** What a bench measures, and how. */
export interface BenchPlan {
  /** `fresh`: each repetition in a process of its own. `turns`: processes that live on and take turns. */
  readonly mode: BenchMode
  /**
   * The engines in the order of the table, each as `engine[:threads][@runtime]`: one of our backends (`fused:2`,
   * `fused@chromium`), or a peer by its name. In turns the first is what the others are compared with.
   */
  readonly engines: readonly string[]
  /** How to start those engines that are peers. */
  readonly peers: readonly PeerCommand[]
  /** The engines that the user asked for by name: one that is not available is then an error. */
  readonly named: readonly string[]
  readonly models: readonly string[]
  /** Images in a step: one size, or those of a sweep. */
  readonly batchSizes: readonly number[]
  /** Threads of an engine whose name has none: one number, or those of a sweep; undefined: the engine's own choice. */
  readonly threads: readonly (number | undefined)[]
  /** Fresh processes for each cell, or rounds of turns. */
  readonly repetitions: number
  /** How long each process, or each turn, is timed. */
  readonly budget: StepBudget
  readonly seed: number
  /** Whether to measure afterwards where the time of a step goes. */
  readonly profile: boolean
  /** The test accuracy to train to; absent: no training to an accuracy. */
  readonly toAccuracy?: number
  /** How many trainings to that accuracy. */
  readonly seeds: number
  /** The number of epochs after which a training to an accuracy gives up. */
  readonly maxEpochs: number
  /** The share by which every step is made longer, to test the bench itself. */
  readonly slowDown?: number
  /** See `compareRepetitions` of @mnist-lab/metrics. */
  readonly comparison: { readonly alpha: number; readonly minEffect: number }
}

/** A plan with the defaults of `pnpm bench`, except that it names the two backends that run everywhere. */
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
