import { isInputError, printable } from '@mnist-lab/core'
import { permissionError } from '@mnist-lab/core/node'
import { relative } from 'node:path'
import { type Output, processStreams, type ProcessStreams } from './process-streams.js'

/**
 * Returns the columns of the terminal that an output goes to. A file and a pipe have no limit, and
 * neither has a terminal that does not know.
 */
export function terminalWidth({ isTTY, columns = 0 }: Output): number {
  return isTTY === true && columns > 0 ? columns : Infinity
}

/** Where a program writes its output, and how it learns that it has to stop. */
export interface Terminal {
  /** Receives the results. */
  readonly out: Output
  /** Receives progress, notes and errors. */
  readonly err: Output
  /** Is aborted by Ctrl-C, or when the system asks the program to end. */
  readonly signal: AbortSignal
}

/** The exit code that a shell reports for a program that Ctrl-C ended. */
export const INTERRUPTED = 130
/** The exit code of a program that did its work, and could not write all that it had to print. */
const REFUSED = 2

/**
 * Runs a program and sets the exit code of the process.
 *
 * The code is the one that `main` returns; 2 for an InputError, which is printed as one line on
 * stderr; 130 after Ctrl-C; and 1 for a bug, which is printed with its stack. It is 2 instead of 0
 * when stdout or stderr could not be written to, as on a full disk; the work is done all the same.
 * The process then ends by itself, so that all piped output is written.
 */
export async function runProgram(main: (terminal: Terminal) => Promise<number>): Promise<void> {
  const abort = new AbortController()
  // The handlers run only once, so a second Ctrl-C ends the program at once.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => abort.abort())
  const streams = processStreams(process.stdout, process.stderr, {
    messagesOnOut: !process.argv.includes('--json'),
    // The last words of a program are refused after it has ended.
    onRefused: () => {
      if (process.exitCode === 0) process.exitCode = REFUSED
    },
  })
  try {
    const code = await main({ out: streams.out, err: streams.err, signal: abort.signal })
    process.exitCode = code === 0 && streams.refused() ? REFUSED : code
  } catch (error) {
    process.exitCode = report(error, abort.signal, streams)
  }
}

/**
 * Returns a program's name as the user typed it, such as `pnpm mnist`. Package managers name the
 * script that they run.
 */
export function programName(name = 'mnist'): string {
  return process.env['npm_lifecycle_event'] === name ? `pnpm ${name}` : name
}

/**
 * Returns a path as the user would type it: relative to the working directory where it lies inside.
 * Control characters are shown as numbers.
 */
export function pathOf(path: string): string {
  const fromHere = relative('', path)
  return printable(fromHere === '' || fromHere.startsWith('..') ? path : fromHere)
}

function report(
  thrown: unknown,
  { aborted, reason }: AbortSignal,
  streams: ProcessStreams,
): number {
  if (aborted && thrown === reason) {
    streams.say('interrupted')
    return INTERRUPTED
  }
  const error = permissionError(thrown) ?? thrown
  streams.say(isInputError(error) ? error.message : stackOf(error))
  return isInputError(error) ? 2 : 1
}

function stackOf(error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  // The message of a bug may repeat a text from a file.
  return text
    .split('\n')
    .map((line) => printable(line))
    .join('\n')
}
