import { InputError } from '@mnist-lab/core'

/** A data file, an image or a choice of samples that cannot be used. */
export class DataError extends InputError {
  override readonly name = 'DataError'
}
