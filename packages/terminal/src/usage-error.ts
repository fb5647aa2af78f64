import { InputError } from '@mnist-lab/core'

/** A command, flag, argument or file that a program cannot use. */
export class UsageError extends InputError {
  override readonly name = 'UsageError'
}
