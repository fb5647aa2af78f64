import { type ChildProcess, spawn } from 'node:child_process'
import { codeOf } from '@mnist-lab/core/node'
import { UsageError } from '@mnist-lab/terminal'

/** Python by its usual names. On Linux and macOS, `python` alone may be an old version. */
const PYTHONS = process.platform === 'win32' ? ['python', 'py'] : ['python3', 'python']

/** The most characters that are kept of what a program writes to stdout, and to stderr. */
export const MAX_OUTPUT = 2 ** 20
/** How many milliseconds an aborted program has to end by itself. */
const GRACE = 1000
/** Windows has no process groups. */
const GROUPS = process.platform !== 'win32'

export interface CommandOptions {
  readonly signal: AbortSignal
  /** What to do when the program is missing or fails. */
  readonly hint: string
  /** A folder for the program's temporary files. @default the one of this process */
  readonly temporary?: string
}

/**
 * Runs a program until it ends. When aborted, it ends the program with all processes that the
 * program has started, and waits for them, so that none still writes to a folder.
 *
 * @returns what it wrote to stdout, the last {@link MAX_OUTPUT} characters of it
 * @throws UsageError when the program is missing or fails, with its error message. The message of
 *   its cause is the end of all that a failed program wrote
 * @throws the signal's reason when aborted
 */
export function runCommand(
  program: string,
  args: readonly string[],
  { signal, hint, temporary }: CommandOptions,
): Promise<string> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own can be ended as a whole: a compiler and pip start further programs.
      detached: GROUPS,
      ...(temporary === undefined ? {} : { env: { ...process.env, TMPDIR: temporary } }),
    })
    let [stdout, stderr] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout = (stdout + text).slice(-MAX_OUTPUT)
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-MAX_OUTPUT)
    })
    let last: NodeJS.Timeout | undefined
    const end = () => {
      sendToGroup(child, 'SIGTERM')
      last = setTimeout(() => {
        sendToGroup(child, 'SIGKILL')
        // A process that has left the group may hold them open.
        child.stdout.destroy()
        child.stderr.destroy()
      }, GRACE)
    }
    signal.addEventListener('abort', end, { once: true })
    child.on('error', (cause: NodeJS.ErrnoException) => {
      signal.removeEventListener('abort', end)
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
      signal.removeEventListener('abort', end)
      clearTimeout(last)
      if (signal.aborted) {
        sendToGroup(child, 'SIGKILL')
        reject(signal.reason as Error)
      } else if (code === 0) resolve(stdout)
      else
        reject(
          new UsageError({
            where: `${program} ${args[0] ?? ''}`.trim(),
            what: failure(stderr || stdout, code),
            hint,
            cause: new Error(stderr || stdout),
          }),
        )
    })
  })
}

/** Sends a signal to a program and to all that it has started. */
function sendToGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  if (!GROUPS) {
    child.kill(signal)
    return
  }
  try {
    process.kill(-child.pid, signal)
  } catch (cause) {
    // ESRCH: the whole group has ended. macOS says EPERM while its last process is being removed.
    if (codeOf(cause) !== 'ESRCH' && codeOf(cause) !== 'EPERM') throw cause
  }
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
export async function runPython(args: readonly string[], options: CommandOptions): Promise<string> {
  const python = await firstThatRuns(PYTHONS, options.signal)
  if (python !== undefined) return runCommand(python, args, options)
  throw new UsageError({
    where: 'Python',
    what: `none of these programs runs: ${PYTHONS.join(', ')}`,
    hint: options.hint,
  })
}

/**
 * Returns the line with the error: the first one that is marked as an error, or else one that
 * contains the word, or else the last line.
 */
function failure(output: string, code: number | null): string {
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const line =
    lines.find((text) => /(?:^|\s|:)error:/i.test(text)) ??
    lines.find((text) => /error/i.test(text)) ??
    lines.at(-1)
  return line === undefined ? `ended with ${code}` : line.slice(0, 300)
}
