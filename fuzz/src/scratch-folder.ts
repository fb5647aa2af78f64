import { accessSync, constants, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder in memory that Linux has. */
const SHARED_MEMORY = '/dev/shm'

/**
 * Creates a folder for files that live as long as a run. They are in memory where that is possible,
 * because every input is written to one of them.
 */
export function scratchFolder(): string {
  return mkdtempSync(join(canWriteTo(SHARED_MEMORY) ? SHARED_MEMORY : tmpdir(), 'mnist-lab-fuzz-'))
}

function canWriteTo(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    // Other systems do not have it.
    return false
  }
}
