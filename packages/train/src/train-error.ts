import { InputError } from '@mnist-lab/errors'

/** A run that cannot be trained, resumed, read or written as asked. */
export class TrainError extends InputError {
  override readonly name = 'TrainError'
}
