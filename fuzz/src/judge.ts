import { isInputError, printable } from '@mnist-lab/core'
import { BrokenLaw } from './target.js'

/** The most characters of a message, which should fit on a few lines of a terminal. */
export const MAX_MESSAGE = 1000

/**
 * What is wrong with the answer to an input: another error than an InputError, a broken law, a
 * message that is not one short printable line, no answer in time, too much memory, or the end of
 * the process.
 */
export type FindingKind = 'exception' | 'law' | 'message' | 'hang' | 'memory' | 'crash'

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
    kind: error instanceof BrokenLaw ? 'law' : 'exception',
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
  if (problem !== undefined) throw new BrokenLaw(problem)
}

function shortened(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text
}

/** Returns a text that is the same for faults that most likely have the same cause. */
export function signatureOf({ kind, what, stack }: Fault): string {
  return [kind, shapeOf(what), frameOf(stack)].join(' | ')
}

/** Returns a message without what comes from the input: numbers, quoted texts and long words. */
export function shapeOf(message: string): string {
  return message
    .slice(0, 300)
    .replace(/"[^"]*"?|\[[^\]]*\]?/g, '…')
    .replace(/[^ a-z…]+|\b[a-z]{15,}\b/gi, '#')
    .slice(0, 100)
}

/** Returns the innermost function of the stack that is not a part of the runtime. */
function frameOf(stack = ''): string {
  const frames = stack.split('\n').filter((line) => /^\s+at .*file:\/\//.test(line))
  return /at (?:async |new )?([^ (]+)/.exec(frames[0] ?? '')?.[1] ?? ''
}
