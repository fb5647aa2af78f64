import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Pythons by name, on the path. */
const NAMES = process.platform === 'win32' ? ['python', 'py'] : ['python3', 'python']

export const TORCH_HINT =
  "PyTorch's set-ups are left out; to get it: python3 -m venv .torch && .torch/bin/pip install torch, then --python=.torch/bin/python"

/**
 * The Python that imports torch.
 *
 * @param named alone is tried when given
 * @returns undefined when none does
 */
export async function findTorch(
  named: string | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  for (const python of named === undefined ? NAMES : [named]) {
    if (await importsTorch(python, signal)) return python
  }
  return undefined
}

async function importsTorch(python: string, signal: AbortSignal): Promise<boolean> {
  try {
    await promisify(execFile)(python, ['-c', 'import torch'], { signal })
    return true
  } catch {
    signal.throwIfAborted()
    // No such program, or it has no torch: both mean no.
    return false
  }
}
