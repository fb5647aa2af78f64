import { InputError } from '@mnist-lab/errors'

/** A model, its weights or a weight file is wrong. */
export class ModelError extends InputError {
  override readonly name = 'ModelError'
}
