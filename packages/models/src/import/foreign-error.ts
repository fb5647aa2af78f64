import { MAX_DIMENSIONS } from '../limits.js'
import { ModelError } from '../model-error.js'

/** The layers that an imported model can have, for errors. */
const LAYERS =
  'convolution, dense, average and max pooling, tanh, relu, dropout, flatten and softmax, one after the other'

/**
 * Returns the error about a part of a model that a ModelSpec has no word for.
 *
 * @param what names the part, before "cannot be imported"
 */
export function cannotImport(where: string, what: string, expected: string = LAYERS): ModelError {
  return new ModelError({
    where,
    what: `${what} cannot be imported`,
    expected,
    hint: 'change the model in the program that made it, and save it again',
  })
}

/** Returns the error about a file that is not what it says. */
export function damagedFile(
  where: string,
  what: string,
  facts: { readonly expected?: string; readonly got?: string; readonly cause?: unknown } = {},
): ModelError {
  return new ModelError({
    where,
    what,
    ...facts,
    hint: 'save or fetch the file again',
  })
}

/** The largest side of a shape or a window that is read. */
const MAX_SIDE = 2 ** 31 - 1

/** Returns whether a value is a whole number that a shape can have as a side. */
export function isSide(value: unknown, least = 1): value is number {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= MAX_SIDE
}

/** Returns whether a value is a shape. */
export function isShape(value: unknown): value is readonly number[] {
  return (
    Array.isArray(value) &&
    value.length <= MAX_DIMENSIONS &&
    value.every((side) => isSide(side, 0)) &&
    Number.isSafeInteger(value.reduce((product: number, side: number) => product * side, 1))
  )
}

/** Returns whether a value is an object with keys. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
