import { isDeepStrictEqual } from 'node:util'
import { BrokenLaw } from './target.js'

/** Returns the bytes of a value as JSON. */
export function jsonBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}

/**
 * Checks that a value is the same after it was written and read.
 *
 * @throws BrokenLaw when it is not
 */
export function checkSame(value: unknown, again: unknown): void {
  if (!isDeepStrictEqual(value, again))
    throw new BrokenLaw('what was written is not read back as the same')
}
