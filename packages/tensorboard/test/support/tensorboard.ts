import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const execute = promisify(execFile)
const SCRIPT = fileURLToPath(new URL('read_with_tensorboard.py', import.meta.url))

/** A Python that has the package tensorboard. */
const PYTHON = process.env['TENSORBOARD_PYTHON'] ?? 'python3'

/**
 * Whether TensorBoard's own reader is there; where it must be (`REQUIRE_TENSORBOARD`) its absence
 * is an error.
 */
export async function hasTensorboard(): Promise<boolean> {
  try {
    await execute(PYTHON, ['-c', 'import tensorboard'])
    return true
  } catch (cause) {
    if (process.env['REQUIRE_TENSORBOARD'] === '1') {
      throw new Error(
        `${PYTHON} has no package tensorboard: pip install tensorboard, and set TENSORBOARD_PYTHON`,
        { cause },
      )
    }
    return false
  }
}

/** What TensorBoard reads: `[step, value]` by tag. */
export async function readWithTensorboard(
  folder: string,
): Promise<Record<string, [number, number][]>> {
  const { stdout } = await execute(PYTHON, [SCRIPT, folder])
  return JSON.parse(stdout) as Record<string, [number, number][]>
}
