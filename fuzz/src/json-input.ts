import { isDeepStrictEqual } from 'node:util'
import { UsageError } from '@mnist-lab/terminal'
import { BrokenLaw } from './target.js'

/** Returns the bytes of a value as JSON. */
export function jsonBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}

/**
 * Parses JSON as the commands do that read it themselves.
 *
 * @throws UsageError when the text is not JSON
 */
export function parsedJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch (cause) {
    throw new UsageError({ where: 'input', what: 'it is not JSON', hint: 'correct it', cause })
  }
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
