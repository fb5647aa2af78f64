import { InputError } from '@mnist-lab/core'

/** A model, its weights or a weight file is wrong. */
export class ModelError extends InputError {
  override readonly name = 'ModelError'
}
