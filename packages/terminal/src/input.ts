import { InputError, isInputError } from '@mnist-lab/core'
import { readBounded } from '@mnist-lab/core/node'

/** A command, flag, argument or file that a program cannot use. */
export class UsageError extends InputError {
  override readonly name = 'UsageError'
}

/** The numbers that a flag accepts. */
export interface NumberRange {
  readonly min: number
  readonly max: number
  /** Whether `min` itself is refused. @default false */
  readonly aboveMin?: boolean
  /** Whether `max` itself is refused. @default false */
  readonly belowMax?: boolean
}

/**
 * Returns a commander argument parser for whole numbers from `min` to `max`, written in digits
 * only.
 *
 * The parser throws a UsageError that names the flag, the range and the text.
 */
export function wholeNumber(flag: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= min && value <= max) return value
    throw wrong(flag, `a whole number from ${min} to ${max}`, text)
  }
}

/**
 * Returns a commander argument parser for decimal numbers such as `0.01` and `1e-3`.
 *
 * The parser throws a UsageError that names the flag, the range and the text.
 */
export function decimal(
  flag: string,
  { min, max, aboveMin = false, belowMax = false }: NumberRange,
): (text: string) => number {
  return (text) => {
    const value = Number(text)
    const highEnough = aboveMin ? value > min : value >= min
    const lowEnough = belowMax ? value < max : value <= max
    if (/^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) && highEnough && lowEnough) return value
    throw wrong(
      flag,
      `a number ${aboveMin ? 'above' : 'from'} ${min} ${belowMax ? 'and below' : 'to'} ${max}`,
      text,
    )
  }
}

/**
 * Returns a commander argument parser for a path. An empty text would be the working directory, but
 * it is a variable of a script that was not set.
 *
 * The parser throws a UsageError that names the flag.
 */
export function path(flag: string): (text: string) => string {
  return (text) => {
    if (text !== '') return text
    throw wrong(flag, 'a path', text)
  }
}

/** Returns the parser of {@link path} for an argument that may be repeated. */
export function paths(argument: string): (text: string, before?: readonly string[]) => string[] {
  const one = path(argument)
  return (text, before = []) => [...before, one(text)]
}

/**
 * Reads a file that the user named. A pipe is a file too.
 *
 * @param maxBytes the limit of its kind. A larger file is not read, and reading a pipe stops there
 * @throws UsageError when the file does not exist or cannot be read
 * @throws FileError when the file is larger
 */
export async function readBytes(path: string, maxBytes: number): Promise<Buffer> {
  try {
    const { buffer, byteOffset, length } = await readBounded(path, maxBytes)
    return Buffer.from(buffer, byteOffset, length)
  } catch (cause) {
    if (isInputError(cause)) throw cause
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause)
    const what = code === 'ENOENT' ? 'no such file' : `cannot be read (${code})`
    throw new UsageError({ where: path, what, hint: 'check the path', cause })
  }
}

function wrong(where: string, expected: string, got: string): UsageError {
  return new UsageError({
    where,
    expected,
    got: JSON.stringify(got),
    hint: where.startsWith('-') ? 'correct the flag' : 'correct the argument',
  })
}
