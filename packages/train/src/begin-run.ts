import type { SessionInfo, TrainingPlan } from '@mnist-lab/backends'
import type { Samples } from '@mnist-lab/data'
import { RUN_SCHEMA, type RunResult } from './run-result.js'
import type { InitialWeightScheme, ModelSpec } from '@mnist-lab/models'
import type { Checkpoint } from './checkpoint.js'

/** What a run begins with. */
export interface RunSetup {
  readonly spec: ModelSpec
  readonly plan: TrainingPlan
  readonly initialWeights: InitialWeightScheme
  readonly epochs: number
  readonly train: Samples
  readonly test: Samples
  /** Where the data is, when it is not MNIST itself. */
  readonly dataDirectory?: string
  readonly resume?: Checkpoint
}

/** The `run.json` of a run that begins or goes on. @param environment the machine and the runtime, as far as they are known */
export function beginRun(
  { spec, plan, initialWeights, epochs, train, test, dataDirectory, resume }: RunSetup,
  info: SessionInfo,
  environment: RunResult['environment'],
): RunResult {
  return {
    schema: RUN_SCHEMA,
    status: 'running',
    model: { ...spec },
    plan,
    initialWeights,
    epochsPlanned: epochs,
    dataset: {
      name: train.name,
      trainSamples: train.count,
      validationSamples: test.count,
      ...(dataDirectory === undefined ? {} : { directory: dataDirectory }),
    },
    backend: { ...info, versions: { ...info.versions }, notes: [...info.notes] },
    environment,
    epochs: [...(resume?.history ?? [])],
  }
}
