import { isInputError } from '@mnist-lab/errors'

/**
 * Runs a program to its exit code. What the user brought wrong ends as one line on stderr and code 2; a bug keeps its
 * stack and ends with 1. The process is left to end by itself, so that piped output is written to its last byte.
 */
export async function runProgram(main: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main()
  } catch (error) {
    process.stderr.write(`${isInputError(error) ? error.message : stackOf(error)}\n`)
    process.exitCode = isInputError(error) ? 2 : 1
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
