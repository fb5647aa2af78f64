import { printable } from './safe-text.js'

/** The parts of the line that an {@link InputError} prints. */
export interface InputErrorDetails {
  /** The file, flag, layer or value that is wrong. */
  readonly where: string
  /** What is wrong with it, where "expected … got …" does not say it all. */
  readonly what?: string
  readonly expected?: string
  readonly got?: string
  /** What the user can do about it. */
  readonly hint: string
  readonly cause?: unknown
}

/**
 * The mark is in the global registry, so that two copies of this package in one program recognise
 * each other's errors.
 */
const brand = Symbol.for('mnist-lab.InputError')

/**
 * The error thrown when something the user brought is wrong: a file, a flag, a model, or a machine
 * without a backend. Its message is one line, `where: what, expected …, got …; hint`. Programs
 * print the line and exit with code 2; any other error is a bug. Packages throw a subclass of their
 * own.
 */
export class InputError extends Error {
  override readonly name: string = 'InputError'
  readonly [brand] = true
  readonly details: InputErrorDetails

  constructor(details: InputErrorDetails) {
    super(oneLine(details), { cause: details.cause })
    this.details = details
  }
}

/**
 * Returns whether a thrown value is an {@link InputError}, of this copy of the package or another.
 */
export function isInputError(value: unknown): value is InputError {
  return value instanceof Error && brand in value
}

/** The most UTF-16 units of each part of the line. A file may hold a name of any length. */
const MAX_PART = 2000

function oneLine({ where, what, expected, got, hint }: InputErrorDetails): string {
  const part = (text: string) => printable(text, MAX_PART)
  const facts = [
    what,
    expected === undefined ? undefined : `expected ${expected}`,
    got === undefined ? undefined : `got ${got}`,
  ].filter((fact) => fact !== undefined)
  return `${part(where)}: ${facts.map(part).join(', ')}; ${part(hint)}`
}
