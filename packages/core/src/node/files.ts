import { randomUUID } from 'node:crypto'
import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { InputError, isInputError } from '../input-error.js'
import { permissionError } from './permission-error.js'

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
  ENAMETOOLONG: ['the name is too long', 'choose a shorter one'],
  ELOOP: ['symbolic links lead around in a circle', 'choose another path'],
  EIO: ['the disk or the device fails', 'check the disk, or choose another folder'],
  EMFILE: ['too many files are open', 'raise the limit (ulimit -n)'],
  ENFILE: ['too many files are open', 'raise the limit of the system'],
  EBUSY: ['another program is using it', 'wait until it ends, or choose another path'],
  ENXIO: ['there is no such device', 'choose another path'],
}

/**
 * Returns the one-line error for an operation that the file system refused. An error that is one
 * line already stays as it is.
 */
export function fileError(path: string, cause: unknown): InputError {
  if (isInputError(cause)) return cause
  const refused = permissionError(cause)
  if (refused !== undefined) return refused
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

/** The contents of a file. Parts are written as they come, so that they need not be in memory. */
export type FileData = string | Uint8Array | AsyncIterable<Uint8Array>

/**
 * Writes a file whole or not at all. The data is written to a temporary file in the same folder,
 * flushed to the disk, and renamed over the old file; then the folder is flushed. When that fails,
 * the old file stays unchanged, and the temporary file is removed. A process that is killed leaves
 * the temporary file behind, see {@link removeTemporaryFiles}.
 *
 * A symbolic link stays, and the file that it leads to is written. A terminal, a pipe or another
 * device, such as `/dev/stdout`, is written to directly.
 *
 * The package write-file-atomic does not look at how much its one write call wrote: on a disk that
 * fills up in the middle it moves the short file into place and reports success.
 *
 * @throws FileError when the disk is full, the folder is missing or not writable, …
 */
export async function writeFileAtomic(path: string, data: FileData): Promise<void> {
  try {
    const { target, isDevice } = await destinationOf(path)
    await (isDevice ? writeAndClose(await open(target, 'w'), data) : replaceFile(target, data))
  } catch (cause) {
    throw fileError(path, cause)
  }
}

async function destinationOf(path: string): Promise<{ target: string; isDevice: boolean }> {
  try {
    const found = await stat(path)
    // A folder is no device either: renaming a file to it fails.
    if (!found.isFile()) return { target: path, isDevice: !found.isDirectory() }
    return { target: await realpath(path), isDevice: false }
  } catch (cause) {
    if (codeOf(cause) !== 'ENOENT') throw cause
    return { target: path, isDevice: false }
  }
}

async function replaceFile(path: string, data: FileData): Promise<void> {
  const temporary = join(dirname(path), temporaryName(basename(path), randomUUID()))
  let begun = false
  try {
    const file = await open(temporary, 'wx')
    begun = true
    await writeAndClose(file, data, () => file.sync())
    await rename(temporary, path)
    await syncFolder(dirname(path))
  } catch (cause) {
    if (begun) await rm(temporary, { force: true })
    throw cause
  }
}

/** Writes a file that has just been opened, and closes it also when that fails. */
export async function writeAndClose(
  file: FileHandle,
  data: FileData,
  flush: () => Promise<void> = async () => {},
): Promise<void> {
  try {
    if (typeof data === 'string' || data instanceof Uint8Array) await file.writeFile(data)
    else for await (const part of data) await file.writeFile(part)
    await flush()
  } finally {
    await file.close()
  }
}

/**
 * Flushes a folder to the disk, so that a file that was renamed in it keeps its name when the power
 * fails.
 */
async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r')
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  } catch (cause) {
    // Windows opens no folders, some file systems flush none, and a folder may be writable but not
    // readable. The file itself is complete there too. Any other error is one of the disk.
    if (!UNFLUSHED.includes(codeOf(cause) ?? '')) throw cause
  }
}

const UNFLUSHED = [
  'EACCES',
  'EPERM',
  'EISDIR',
  'EINVAL',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EBADF',
]

/** The names of the temporary files of {@link writeFileAtomic}, with the name of the file. */
const TEMPORARY = /^\.(.+)\.[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\.tmp$/
/** The longest name of a file that its temporary file repeats. File systems allow 255 bytes. */
const MOST_BYTES = 200

/** Returns the name of a temporary file of the file with this name. */
export function temporaryName(file: string, id: string): string {
  const kept = Buffer.byteLength(file) <= MOST_BYTES ? file : 'file'
  return `.${kept}.${id}.tmp`
}

/**
 * Returns the name of the file that a temporary file of {@link writeFileAtomic} was to become, or
 * undefined for the name of any other file.
 */
export function fileOfTemporary(name: string): string | undefined {
  return TEMPORARY.exec(name)?.[1]
}
