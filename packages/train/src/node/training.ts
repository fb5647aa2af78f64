import type { Backend, TrainingPlan } from '@mnist-lab/backends'
import type { Dataset } from '@mnist-lab/data'
import type { InitialWeightScheme, ModelSpec, Weights } from '@mnist-lab/models'
import type { Checkpoint } from '../checkpoint.js'
import type { EarlyStopping } from '../early-stopping.js'
import type { ScheduleSpec } from '../schedule.js'
import type { RunFolder } from './run-folder.js'

/** Everything that a run needs, loaded and checked; nothing is written yet. */
export interface Training {
  readonly spec: ModelSpec
  readonly plan: TrainingPlan
  readonly weights: Weights
  readonly initialWeights: InitialWeightScheme
  readonly epochs: number
  readonly schedule?: ScheduleSpec
  readonly earlyStopping?: EarlyStopping
  readonly checkpointEvery?: number
  readonly train: Dataset
  readonly test: Dataset
  /** Where the data is, when it is not MNIST itself. */
  readonly dataDirectory?: string
  readonly backend: Backend
  /** Which backend and why, in one line. */
  readonly why: string
  /** What else is to be known of the run's surroundings. */
  readonly environment?: Readonly<Record<string, number>>
  readonly resume?: Checkpoint
  /** Makes the folder, once the model has been compiled. */
  readonly folder: () => Promise<RunFolder>
}
