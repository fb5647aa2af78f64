import { isInputError, printable } from '@mnist-lab/core'
import { BrokenLaw } from './target.js'

/** The most characters of a message: 2,000 for each of its five parts, and what joins them. */
export const MAX_MESSAGE = 10_100

/**
 * What is wrong with the answer to an input: another error than an InputError, a broken law, a
 * message that is not one short printable line, no answer in time, too much memory, or the end of
 * the process.
 */
type FindingKind = 'exception' | 'law' | 'message' | 'hang' | 'memory' | 'crash'

/** A wrong answer to an input. */
export interface Fault {
  readonly kind: FindingKind
  /** One line. */
  readonly what: string
  readonly stack?: string
}

/** Returns what is wrong with an error that a target threw, or undefined for a proper answer. */
export function faultOf(error: unknown): Fault | undefined {
  if (isInputError(error)) return messageFault(error.message, error.stack)
  const stack = error instanceof Error ? error.stack : undefined
  const what = printable(error instanceof Error ? `${error.name}: ${error.message}` : String(error))
  return {
    kind: error instanceof BrokenLaw ? error.kind : 'exception',
    what: shortened(what),
    ...(stack === undefined ? {} : { stack }),
  }
}

function messageFault(message: string, stack: string | undefined): Fault | undefined {
  const what = messageProblem(message)
  return what === undefined
    ? undefined
    : { kind: 'message', what, ...(stack === undefined ? {} : { stack }) }
}

/** Returns what is wrong with a message to the user, or undefined. */
function messageProblem(message: string): string | undefined {
  const shown = shortened(printable(message))
  if (message.length > MAX_MESSAGE) return `a message of ${message.length} characters: ${shown}`
  if (printable(message) !== message) return `control characters in a message: ${shown}`
  return message.trim() === '' ? 'an empty message' : undefined
}

/**
 * Checks a text that a program prints and that is no InputError's message.
 *
 * @throws BrokenLaw when it is not one short printable line
 */
export function checkMessage(message: string): void {
  const problem = messageProblem(message)
  if (problem !== undefined) throw new BrokenLaw(problem, 'message')
}

function shortened(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text
}

/** Returns a text that is the same for faults that most likely have the same cause. */
export function signatureOf({ kind, what, stack }: Fault): string {
  // What the message says after the problem comes from the input.
  const problem = kind === 'message' ? what.replace(/(characters|message).*/s, '$1') : what
  return [kind, shapeOf(problem), frameOf(stack)].join(' | ')
}

/** Returns a message without what comes from the input: numbers, quoted texts and long words. */
export function shapeOf(message: string): string {
  return message
    .slice(0, 300)
    .replace(/"[^"]*"?|\[[^\]]*\]?/g, '…')
    .replace(/[^ a-z…]+|\b[a-z]{15,}\b/gi, '#')
    .slice(0, 100)
}

/** Returns the innermost function of the stack, without the runtime and the checks here. */
function frameOf(stack = ''): string {
  const frame = stack
    .split('\n')
    .find((line) => /^\s+at .*file:\/\//.test(line) && !/ check(Message|Same|SameJson) /.test(line))
  return /at (?:async |new )?([^ (]+)/.exec(frame ?? '')?.[1] ?? ''
}
