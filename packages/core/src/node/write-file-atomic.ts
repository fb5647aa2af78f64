import { randomUUID } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fileError } from './file-error.js'

/**
 * Writes a file whole or not at all: beside its place, flushed to the disk, then renamed over what was there. On
 * failure what was there stays, and nothing is left beside it.
 *
 * The package write-file-atomic does not look at how much its one write call wrote: on a disk that fills up in the
 * middle it moves the short file into place and reports success.
 *
 * @throws FileError when the disk is full, the folder is missing or not writable, …
 */
export async function writeFileAtomic(path: string, data: string | Uint8Array): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`)
  let begun = false
  try {
    const file = await open(temporary, 'wx')
    begun = true
    try {
      await file.writeFile(data)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (cause) {
    if (begun) await rm(temporary, { force: true })
    throw fileError(path, cause)
  }
}
