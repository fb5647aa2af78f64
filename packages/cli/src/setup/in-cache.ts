import { isInputError } from '@mnist-lab/core'
import { codeOf, LockedError } from '@mnist-lab/core/node'
import { UsageError } from '@mnist-lab/terminal'

/** Makes something next to an installation. @throws UsageError when the cache is not writable */
export async function inCache<Made>(target: string, make: () => Promise<Made>): Promise<Made> {
  try {
    return await make()
  } catch (cause) {
    if (cause instanceof LockedError || !isInputError(cause)) throw cause
    throw new UsageError({
      ...cause.details,
      where: target,
      hint: 'set MNIST_LAB_CACHE to another folder',
      cause,
    })
  }
}

/** Returns whether the file system refused something, such as a write to a full disk. */
export function isFromDisk(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && codeOf(error) !== undefined
}
