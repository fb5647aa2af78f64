import { UsageError } from '../terminal/usage-error.js'
import { runCommand } from './run-command.js'

/** Pythons by name; `python` alone may be an old one. */
const NAMES = process.platform === 'win32' ? ['python', 'py'] : ['python3', 'python']

/**
 * Runs a few lines of Python.
 *
 * @returns what they print
 * @throws UsageError when there is no Python, or they fail
 */
export async function runPython(args: readonly string[], signal: AbortSignal, mend: string): Promise<string> {
  for (const name of NAMES) {
    const found = await runCommand(name, ['--version'], { signal, mend }).then(() => true, (error: unknown) => {
      if (signal.aborted) throw error
      return false
    })
    if (found) return runCommand(name, args, { signal, mend })
  }
  throw new UsageError({ where: 'Python', what: `none of ${NAMES.join(', ')} runs`, mend })
}
