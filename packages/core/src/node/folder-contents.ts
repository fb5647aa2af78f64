// What lies in a folder that a program of ours writes: its files, locks, and temporary files that
// killed processes have left.
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, FileError, fileError, fileOfTemporary } from './files.js'
import { LOCK_NAME } from './folder-lock.js'

/** How many names of foreign files an error lists. */
const LISTED = 3
/** The age, in milliseconds, from which on no process is still writing a temporary file. */
const ORPHANED = 60_000

/**
 * Returns whether a folder holds a run, a study or the like. An empty or missing folder does not.
 *
 * @param file the name of the file that every such folder has
 * @param what says what such a folder is, for the error
 * @throws FileError when the folder holds other files, or cannot be read
 */
export async function folderHolds(path: string, file: string, what: string): Promise<boolean> {
  const names = await namesIn(path)
  if (names.length === 0 || names.includes(file)) return names.length > 0
  throw new FileError({
    where: path,
    what: `the folder holds files that do not belong to a ${what}`,
    expected: 'an empty folder, or a path that does not exist',
    got: names.slice(0, LISTED).join(', '),
    hint: 'choose another folder',
  })
}

/** Returns the names in a folder, without locks and temporary files. */
async function namesIn(path: string): Promise<readonly string[]> {
  try {
    return (await readdir(path)).filter(
      (name) => !name.startsWith(LOCK_NAME) && fileOfTemporary(name) === undefined,
    )
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return []
    // The path itself is a file, which creating the folder would report less clearly.
    throw fileError(path, cause)
  }
}

/**
 * Removes the temporary files that killed processes have left in a folder. A folder that does not
 * exist has none.
 *
 * @param own the names of the files that no other process writes now. A temporary file of any other
 *   file is removed when it is over a minute old
 * @throws FileError when a file cannot be removed
 */
export async function removeTemporaryFiles(
  directory: string,
  own: readonly string[],
): Promise<void> {
  try {
    for (const name of await readdir(directory)) {
      const file = fileOfTemporary(name)
      if (file === undefined) continue
      const path = join(directory, name)
      if (own.includes(file) || (await stat(path)).mtimeMs < Date.now() - ORPHANED)
        await rm(path, { force: true })
    }
  } catch (cause) {
    // The folder is not there, or the process that wrote a file has just renamed it.
    if (codeOf(cause) !== 'ENOENT') throw fileError(directory, cause)
  }
}
