import { InputError } from '@mnist-lab/core'

/** The error thrown when a model, its weights or a weight file is wrong. */
export class ModelError extends InputError {
  override readonly name = 'ModelError'
}
