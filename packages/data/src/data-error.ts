import { InputError } from '@mnist-lab/core'

/** The error thrown when a data file, an image or a choice of samples cannot be used. */
export class DataError extends InputError {
  override readonly name = 'DataError'
}
