import type { ModelSpec } from '@mnist-lab/models'
import { RUN_SCHEMA, type RunResult } from './run-schema.js'

/**
 * Returns the `run.json` of a model that another program trained. Nothing is known of its training,
 * so it has no epochs, and its plan only says in which batches it is evaluated.
 *
 * @param importedFrom the file, and the name of its format
 * @param environment what is known of the machine and the runtime
 */
export function importedRun(
  spec: ModelSpec,
  importedFrom: NonNullable<RunResult['importedFrom']>,
  environment: RunResult['environment'],
): RunResult {
  return {
    schema: RUN_SCHEMA,
    status: 'completed',
    model: { ...spec },
    plan: {
      loss: 'softmaxCrossEntropy',
      optimizer: { learningRate: 0.01, momentum: 0, weightDecay: 0 },
      batchSize: 32,
      seed: 0,
    },
    initialWeights: 'pytorch',
    epochsPlanned: 1,
    dataset: { name: 'unknown', trainSamples: 0, validationSamples: 0 },
    backend: {
      backend: 'unknown',
      versions: {},
      device: 'unknown',
      simd: 'unknown',
      threads: 1,
      notes: ['another program trained the model'],
    },
    importedFrom,
    environment,
    epochs: [],
  }
}
