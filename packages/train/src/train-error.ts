import { InputError, JsonError, parseForeignJson } from '@mnist-lab/core'
import type * as z from 'zod/mini'
import { en } from 'zod/locales'

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
export function parse<Schema extends z.ZodMiniType>(
  schema: Schema,
  value: unknown,
  where: string,
  hint: string,
): z.output<Schema> {
  // The small build of zod has no texts of its own.
  const result = schema.safeParse(value, { error: en().localeError })
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

/** What is known of JSON that came from outside. */
export interface JsonSource {
  /** The name of the file, for errors. */
  readonly where: string
  readonly hint: string
  /** See `parseForeignJson` of @mnist-lab/core. */
  readonly maxSize: number
}

/**
 * Parses JSON and checks it against a schema.
 *
 * @throws TrainError when the text is not JSON or is beyond a limit, or when a field is wrong; it
 *   names the first such field
 */
export function parseJson<Schema extends z.ZodMiniType>(
  schema: Schema,
  source: string | Uint8Array,
  { where, hint, maxSize }: JsonSource,
): z.output<Schema> {
  let value: unknown
  try {
    value = parseForeignJson(source, { maxSize })
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause
    throw new TrainError({ where, ...cause.facts, hint, cause })
  }
  return parse(schema, value, where, hint)
}
