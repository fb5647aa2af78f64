import type { Backend, Trainer } from '@mnist-lab/backends'
import { availableBackend } from '@mnist-lab/backends/node'
import type { ModelSpec } from '@mnist-lab/models'
import type { OpenedRun } from '../run-files.js'

/** Which backend a program was asked for. */
export interface BackendChoice {
  /** A name, or `auto` for the fastest that is available. */
  readonly backend?: string
  readonly threads?: number
}

/** @throws BackendError when it is unknown or not available */
export async function chooseBackend(
  { backend, threads }: BackendChoice,
  fallback = 'auto',
): Promise<{ backend: Backend; why: string }> {
  return availableBackend(backend ?? fallback, threads === undefined ? {} : { threads })
}

/**
 * Opens a trained model for `work`, and closes it whatever happens.
 *
 * @param batchSize the largest batch
 * @param spec instead of the run's, with the same weights
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

/** The model, giving a probability each, whether it was made to give them or logits. */
export function endingInSoftmax(spec: ModelSpec): ModelSpec {
  return spec.layers.at(-1)!.type === 'softmax'
    ? spec
    : { ...spec, layers: [...spec.layers, { type: 'softmax' }] }
}
