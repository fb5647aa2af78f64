import { InputError } from '../input-error.js'

/** The file system refused to read or write a file that the user named. */
export class FileError extends InputError {
  override readonly name: string = 'FileError'
}

const HINTS: Readonly<Record<string, readonly [what: string, hint: string]>> = {
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

/** What the file system refused, as one line. */
export function fileError(path: string, cause: unknown): FileError {
  const code = (cause as NodeJS.ErrnoException).code
  const [what, hint] = HINTS[code ?? ''] ?? [
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

/** The code of a file system error, or undefined of another one. */
export function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code
}
