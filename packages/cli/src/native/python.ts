import { UsageError } from '@mnist-lab/terminal'
import { firstThatRuns, runCommand } from './run-command.js'

/** Pythons by name; `python` alone may be an old one. */
const NAMES = process.platform === 'win32' ? ['python', 'py'] : ['python3', 'python']

/**
 * Runs a few lines of Python.
 *
 * @returns what they print
 * @throws UsageError when there is no Python, or they fail
 */
export async function runPython(
  args: readonly string[],
  signal: AbortSignal,
  hint: string,
): Promise<string> {
  const python = await firstThatRuns(NAMES, signal)
  if (python !== undefined) return runCommand(python, args, { signal, hint })
  throw new UsageError({ where: 'Python', what: `none of ${NAMES.join(', ')} runs`, hint })
}
