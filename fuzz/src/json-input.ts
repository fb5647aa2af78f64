import { isDeepStrictEqual } from 'node:util'
import { BrokenLaw } from './target.js'

/** Returns the bytes of a value as JSON. */
export function jsonBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}

/**
 * Checks that a value is the same after it was written as JSON and read, for what JSON can hold: it
 * has one 0 and no NaN.
 *
 * @throws BrokenLaw when it is not
 */
export function checkSameJson(value: unknown, again: unknown): void {
  if (JSON.stringify(value) !== JSON.stringify(again))
    throw new BrokenLaw('what was written as JSON is not read back as the same')
}

/**
 * Checks that a value is the same after it was written and read, bit for bit.
 *
 * @throws BrokenLaw when it is not
 */
export function checkSame(value: unknown, again: unknown): void {
  if (!isDeepStrictEqual(value, again))
    throw new BrokenLaw('what was written is not read back as the same')
}
