import type { Loss } from '@mnist-lab/backends'
import type { InitialWeightScheme } from '@mnist-lab/models'
import type { DataFlags } from './data-options.js'
import type { BackendChoice } from '@mnist-lab/train/node'

/** The flags of `mnist train` after parsing. A flag that the user did not give is absent. */
export interface TrainFlags extends BackendChoice, DataFlags {
  readonly epochs?: number
  readonly batch?: number
  readonly lr?: number
  readonly momentum?: number
  readonly nesterov?: true
  readonly weightDecay?: number
  readonly loss?: Loss
  readonly schedule?: string
  readonly validation?: number
  readonly patience?: number
  readonly initialWeights?: InitialWeightScheme
  readonly seed?: number
  readonly limit?: number
  readonly out?: string
  readonly checkpointEvery?: number
  readonly resume?: string
  readonly allowOtherBuild?: true
  readonly json?: true
}

/** The defaults of the flags of `mnist train`, which are the settings of the study. */
export const DEFAULTS = { epochs: 10, batch: 32, lr: 0.01, momentum: 0.9, seed: 1 }
