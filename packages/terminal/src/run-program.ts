import { isInputError } from '@mnist-lab/core'
import type { Terminal } from './terminal.js'

/** What a shell reports for a program that Ctrl-C ended. */
export const INTERRUPTED = 130

/**
 * Runs a program to its exit code. What the user brought wrong ends as one line on stderr and code 2, Ctrl-C with 130, a
 * bug with its stack and 1. The process is left to end by itself, so that piped output is written to its last byte.
 */
export async function runProgram(main: (terminal: Terminal) => Promise<number>): Promise<void> {
  const abort = new AbortController()
  // Once: the second Ctrl-C ends the program at once.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => abort.abort())
  // `mnist summary lenet5 | head -3` is no bug, nor is a terminal window that was closed; a run is still to be saved.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreReaderGone)
  try {
    process.exitCode = await main({
      out: process.stdout,
      err: process.stderr,
      signal: abort.signal,
    })
  } catch (error) {
    process.exitCode = report(error, abort.signal)
  }
}

function ignoreReaderGone(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error
}

function report(error: unknown, { aborted, reason }: AbortSignal): number {
  if (aborted && error === reason) {
    process.stderr.write('interrupted\n')
    return INTERRUPTED
  }
  process.stderr.write(`${isInputError(error) ? error.message : stackOf(error)}\n`)
  return isInputError(error) ? 2 : 1
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
