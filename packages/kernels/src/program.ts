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

/** A command as it stands in memory, up to {@link COMMAND_WORDS} words. */
export type Command = readonly number[]

/** An operand that is not there, for operations that can do without it. */
export const NO_OPERAND: Operand = { address: 0, stride: 0, scope: 'program' }

/**
 * Returns a command of an operation. `assembly/operations.mjs` says what each field means.
 *
 * @throws RangeError for a field that is missing or is no number: a bug of the caller's
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
    else throw new RangeError(`${operation}: the field ${name} is a ${typeof value}`)
  }
  return words
}

/** Returns the operation of a command in memory. */
export function operationOf(words: Int32Array): OperationName {
  const name = OPERATION_NAMES[words[0]!]
  if (name === undefined) throw new RangeError(`no operation has the number ${words[0]}`)
  return name
}

/**
 * Returns how many multiplications with an addition a command stands for, as a plain sum would have
 * them.
 *
 * @param words the command
 * @param samples those that the command works on: of a block, or of the whole batch for a final
 * command
 * @returns undefined for operations that do no sums of products
 */
export function multiplyAdds(words: Int32Array, samples: number): number | undefined {
  return MULTIPLY_ADDS[operationOf(words)]?.(words.subarray(0, COMMAND_WORDS), samples)
}

/** The bits of a float32 as a word. */
function floatWord(value: number): number {
  return new Int32Array(Float32Array.of(value).buffer)[0]!
}
