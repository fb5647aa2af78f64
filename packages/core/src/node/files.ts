import { randomUUID } from 'node:crypto'
import { open, readFile, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { InputError } from '../input-error.js'

/** The error thrown when the file system refuses to read or write a file that the user named. */
export class FileError extends InputError {
  override readonly name: string = 'FileError'
}

/** What each code of the file system means, and what the user can do. */
const MEANINGS: Readonly<Record<string, readonly [what: string, hint: string]>> = {
  ENOSPC: ['the disk is full', 'free some space or choose another folder'],
  EFBIG: [
    'the file is larger than the system allows',
    'raise the limit (ulimit -f) or choose another folder',
  ],
  EDQUOT: ['the disk quota is used up', 'free some space or choose another folder'],
  EACCES: ['permission denied', 'choose a folder that is yours'],
  EPERM: ['permission denied', 'choose a folder that is yours'],
  EROFS: ['the file system is read-only', 'choose another folder'],
  ENOTDIR: ['a part of the path is a file', 'choose another folder'],
  EEXIST: ['there is a file of that name', 'choose another folder'],
  ENOENT: ['no such file or folder', 'check the path'],
  EISDIR: ['it is a folder', 'name a file'],
}

/** Returns the one-line error for an operation that the file system refused. */
export function fileError(path: string, cause: unknown): FileError {
  const code = codeOf(cause)
  const [what, hint] = MEANINGS[code ?? ''] ?? [
    cause instanceof Error ? cause.message : String(cause),
    'check the path and the disk',
  ]
  return new FileError({
    where: path,
    what: code === undefined ? what : `${what} (${code})`,
    hint,
    cause,
  })
}

/** Returns the code of a file system error, such as `ENOENT`, or undefined for any other error. */
export function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code
}

/**
 * Reads a file, and returns undefined when there is none.
 *
 * @throws FileError when the file is there and cannot be read
 */
export async function readIfThere(file: string): Promise<Uint8Array | undefined> {
  try {
    // Not the Buffer itself: its `slice` shares memory where a Uint8Array's copies.
    const { buffer, byteOffset, length } = await readFile(file)
    return new Uint8Array(buffer, byteOffset, length)
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined
    throw fileError(file, cause)
  }
}

/**
 * Writes a file whole or not at all. The data is written to a temporary file in the same folder,
 * flushed to the disk, and renamed over the old file. When that fails, the old file stays
 * unchanged, and the temporary file is removed.
 *
 * The package write-file-atomic does not look at how much its one write call wrote: on a disk that
 * fills up in the middle it moves the short file into place and reports success.
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
