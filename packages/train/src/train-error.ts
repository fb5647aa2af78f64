import { InputError } from '@mnist-lab/core'
import type { z } from 'zod'

/** The error thrown when a run cannot be trained, resumed, read or written. */
export class TrainError extends InputError {
  override readonly name: string = 'TrainError'
}

/**
 * The error thrown when the loss of a run is no longer finite. Training again with the same
 * settings would fail in the same way.
 */
export class DivergedError extends TrainError {
  override readonly name = 'DivergedError'
}

/**
 * Checks a value that came from outside against a schema and returns it.
 *
 * @param where the name of the value, for the error
 * @throws TrainError naming the first field that is wrong
 */
export function parse<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  where: string,
  hint: string,
): z.output<Schema> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const { path, message } = result.error.issues[0]!
  const field = path.length === 0 ? '' : `field ${path.join('.')}: `
  throw new TrainError({
    where,
    what: `${field}${message.replace(/^Invalid input: /, '')}`,
    hint,
    cause: result.error,
  })
}

/**
 * Parses JSON and checks it against a schema.
 *
 * @param where the name of the file, for the error
 * @throws TrainError when the text is not JSON, or when a field is wrong; it names the first such
 *   field
 */
export function parseJson<Schema extends z.ZodType>(
  schema: Schema,
  text: string,
  where: string,
  hint: string,
): z.output<Schema> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new TrainError({ where, what: 'not JSON', hint, cause })
  }
  return parse(schema, value, where, hint)
}
