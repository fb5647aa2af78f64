import { InputError } from '@mnist-lab/core'

/** A run that cannot be trained, resumed, read or written as asked. */
export class TrainError extends InputError {
  override readonly name: string = 'TrainError'
}

/** The loss of a run is no longer finite: the same run would come to the same end. */
export class DivergedError extends TrainError {
  override readonly name = 'DivergedError'
}
