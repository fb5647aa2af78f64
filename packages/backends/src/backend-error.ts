import { InputError } from '@mnist-lab/core'

/** A backend cannot open here, or cannot run what it was given. */
export class BackendError extends InputError {
  override readonly name = 'BackendError'
}
