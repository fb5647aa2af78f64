import { spawn } from 'node:child_process'
import { UsageError } from '@mnist-lab/terminal'

/** Python by its usual names. On Linux and macOS, `python` alone may be an old version. */
const PYTHONS = process.platform === 'win32' ? ['python', 'py'] : ['python3', 'python']

/** The most characters that are kept of what a program writes to stdout, and to stderr. */
export const MAX_OUTPUT = 2 ** 20

export interface CommandOptions {
  readonly signal: AbortSignal
  /** What to do when the program is missing or fails. */
  readonly hint: string
}

/**
 * Runs a program until it ends.
 *
 * @returns what it wrote to stdout, the last {@link MAX_OUTPUT} characters of it
 * @throws UsageError when the program is missing or fails, with its error message
 * @throws the signal's reason when aborted
 */
export function runCommand(
  program: string,
  args: readonly string[],
  { signal, hint }: CommandOptions,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], signal })
    let [stdout, stderr] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout = (stdout + text).slice(-MAX_OUTPUT)
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-MAX_OUTPUT)
    })
    child.on('error', (cause: NodeJS.ErrnoException) => {
      if (signal.aborted) reject(signal.reason as Error)
      else
        reject(
          new UsageError({
            where: program,
            what: cause.code === 'ENOENT' ? 'not found' : cause.message,
            hint,
            cause,
          }),
        )
    })
    child.on('close', (code) => {
      if (code === 0) resolve(stdout)
      else if (!signal.aborted)
        reject(
          new UsageError({
            where: `${program} ${args[0] ?? ''}`.trim(),
            what: failure(stderr || stdout, code),
            hint,
          }),
        )
    })
  })
}

/**
 * Returns the first of these programs that runs, or undefined.
 *
 * @throws the signal's reason when aborted
 */
export async function firstThatRuns(
  programs: readonly string[],
  signal: AbortSignal,
): Promise<string | undefined> {
  for (const program of programs) {
    const runs = await runCommand(program, ['--version'], { signal, hint: '' }).then(
      () => true,
      (error: unknown) => {
        if (signal.aborted) throw error
        return false
      },
    )
    if (runs) return program
  }
  return undefined
}

/**
 * Runs Python with these arguments.
 *
 * @returns what it wrote to stdout
 * @throws UsageError when there is no Python, or it fails
 */
export async function runPython(
  args: readonly string[],
  signal: AbortSignal,
  hint: string,
): Promise<string> {
  const python = await firstThatRuns(PYTHONS, signal)
  if (python !== undefined) return runCommand(python, args, { signal, hint })
  throw new UsageError({
    where: 'Python',
    what: `none of these programs runs: ${PYTHONS.join(', ')}`,
    hint,
  })
}

/** Returns the line with the error: the first one that contains `error`, or else the last line. */
function failure(output: string, code: number | null): string {
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const line = lines.find((text) => /error/i.test(text)) ?? lines.at(-1)
  return line === undefined ? `ended with ${code}` : line.slice(0, 300)
}
