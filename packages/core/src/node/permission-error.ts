import { InputError } from '../input-error.js'

/** The error thrown when Deno refuses what the user has not allowed the program. */
export class PermissionError extends InputError {
  override readonly name = 'PermissionError'
}

/**
 * Returns the one-line error for what Deno has refused, or undefined for any other error. Deno's
 * own message names the flag that allows it.
 */
export function permissionError(cause: unknown): PermissionError | undefined {
  if (!(cause instanceof Error) || cause.name !== 'NotCapable') return undefined
  const [what, hint = 'allow it'] = cause.message.split(/, (?=run again)/)
  return new PermissionError({ where: 'Deno', what: what!, hint, cause })
}
