import {
  COMMAND_WORDS,
  MULTIPLY_ADDS,
  OPERAND_SCOPES,
  OPERATION_LAYOUT,
  OPERATION_NAMES,
  type Operand,
  type OperationFields,
  type OperationName,
} from './generated/operations.js'

/** A command as it is stored in memory, at most {@link COMMAND_WORDS} words. */
export type Command = readonly number[]

/** Stands for a missing operand, in operations where an operand is optional. */
export const NO_OPERAND: Operand = { address: 0, stride: 0, scope: 'program' }

/**
 * Creates a command of an operation. `assembly/operations.mjs` says what each field means.
 *
 * @throws RangeError when a field is missing or has the wrong type, which is a bug of the caller
 */
export function command<Name extends OperationName>(
  operation: Name,
  fields: OperationFields[Name],
): Command {
  const values = fields as Readonly<Record<string, number | Operand>>
  const words = [OPERATION_NAMES.indexOf(operation)]
  for (const part of OPERATION_LAYOUT[operation].split(' ')) {
    const [name, type] = part.split(':') as [string, string]
    const value = values[name]
    if (type === 'o' && typeof value === 'object')
      words.push(value.address, value.stride, OPERAND_SCOPES.indexOf(value.scope))
    else if (type !== 'o' && typeof value === 'number')
      words.push(type === 'f' ? floatWord(value) : value)
    else
      throw new RangeError(
        `${operation}: the field ${name} has the type ${typeof value}, expected ${type === 'o' ? 'an operand' : 'a number'}`,
      )
  }
  return words
}

/**
 * Returns the operation of a command in memory.
 *
 * @throws RangeError when the first word is not the number of an operation
 */
export function operationOf(words: Int32Array): OperationName {
  const name = OPERATION_NAMES[words[0]!]
  if (name === undefined) throw new RangeError(`no operation has the number ${words[0]}`)
  return name
}

/**
 * Returns how many multiply-adds a direct sum needs for what a command computes.
 *
 * @param words the command
 * @param samples how many samples the command works on: those of a block, or those of the whole
 * batch for a final command
 * @returns undefined for operations that compute no sums of products
 */
export function multiplyAdds(words: Int32Array, samples: number): number | undefined {
  return MULTIPLY_ADDS[operationOf(words)]?.(words.subarray(0, COMMAND_WORDS), samples)
}

/** Returns the bits of a float32 as a word. */
function floatWord(value: number): number {
  return new Int32Array(Float32Array.of(value).buffer)[0]!
}
