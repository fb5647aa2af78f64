// The limits of a run's files. docs/limits.md lists them with those of other packages.
import { STATE_TENSORS } from '@mnist-lab/backends'
import { MAX_HEADER_BYTES, MAX_PARAMETERS } from '@mnist-lab/models'

/** The most bytes of `run.json`. 100,000 epochs take two thirds of it. */
const MAX_RUN_BYTES = 2 ** 27
/** The most bytes of `weights.safetensors`: the weights of the largest model, as float32. */
const MAX_WEIGHTS_BYTES = 8 + MAX_HEADER_BYTES + 4 * MAX_PARAMETERS
/** The most bytes of `checkpoint.safetensors`, which has the optimizer's state too. */
const MAX_CHECKPOINT_BYTES = 8 + MAX_HEADER_BYTES + 4 * MAX_PARAMETERS * (1 + STATE_TENSORS.length)

/** The most bytes of each of a run's files, by their keys in `RUN_FILES`. */
export const MAX_FILE_BYTES = {
  run: MAX_RUN_BYTES,
  weights: MAX_WEIGHTS_BYTES,
  checkpoint: MAX_CHECKPOINT_BYTES,
} as const
/** The most bytes of `evaluation.json`, which lists every wrong prediction. */
export const MAX_EVALUATION_BYTES = 2 ** 28
