import type { z } from 'zod'
import { TrainError } from './train-error.js'

/**
 * A value that came from outside, checked.
 *
 * @param where its name, for the error
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

/** @throws TrainError when the text is not JSON or the value is wrong */
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
