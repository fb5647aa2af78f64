import type { Backend, Trainer } from '@mnist-lab/backends'
import { availableBackend } from '@mnist-lab/backends/node'
import type { ModelSpec } from '@mnist-lab/models'
import type { OpenedRun } from '../run-files.js'

/** The backend that the user asked for. */
export interface BackendChoice {
  /** A name, or `auto` for the fastest backend that is available. */
  readonly backend?: string
  readonly threads?: number
}

/**
 * Finds the backend that the user asked for, or else `fallback`.
 *
 * @returns the backend, and its name with the reason for the choice, in one line
 * @throws BackendError when the backend is unknown or not available
 */
export async function chooseBackend(
  { backend, threads }: BackendChoice,
  fallback = 'auto',
): Promise<{ backend: Backend; why: string }> {
  return availableBackend(backend ?? fallback, threads === undefined ? {} : { threads })
}

/**
 * Opens a trained model, calls `work` with it, and closes the model even if `work` throws.
 *
 * @param batchSize the size of the largest batch
 * @param spec the model to compile with the run's weights. Default: the run's own model
 */
export async function withTrainedModel<Result>(
  backend: Backend,
  { run, weights, spec: trained }: OpenedRun,
  { batchSize, spec = trained }: { readonly batchSize: number; readonly spec?: ModelSpec },
  work: (trainer: Trainer) => Promise<Result>,
): Promise<Result> {
  const session = await backend.open()
  try {
    return await work(await session.compile(spec, { ...run.plan, batchSize }, weights))
  } finally {
    await session.close()
  }
}

/** Returns the model with a softmax at its end, so that its outputs are probabilities. */
export function endingInSoftmax(spec: ModelSpec): ModelSpec {
  return spec.layers.at(-1)!.type === 'softmax'
    ? spec
    : { ...spec, layers: [...spec.layers, { type: 'softmax' }] }
}
