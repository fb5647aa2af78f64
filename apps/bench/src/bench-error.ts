import { InputError } from '@mnist-lab/errors'

/** A flag is wrong, or a result cannot be written. */
export class BenchError extends InputError {
  override readonly name = 'BenchError'
}
