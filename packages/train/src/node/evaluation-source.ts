import type { Dataset } from '@mnist-lab/data'
import { loadMnist } from '@mnist-lab/data/node'
import { type BackendChoice, chooseBackend } from './trained-model.js'
import type { EvaluationSource } from './evaluate-run.js'

/** Backend and data as the flags say, loaded once and only when a run needs them. */
export function evaluationSource(
  { data, ...choice }: BackendChoice & { readonly data?: string | undefined },
  signal: AbortSignal,
): EvaluationSource {
  const loaded = new Map<string | undefined, Promise<{ train: Dataset; test: Dataset }>>()
  let backend: ReturnType<typeof chooseBackend> | undefined
  return {
    signal,
    backend: async () => (await (backend ??= chooseBackend(choice))).backend,
    data: (directory) => {
      const from = data ?? directory
      const known = loaded.get(from) ?? loadMnist({ directory: from })
      loaded.set(from, known)
      return known
    },
  }
}
