// Where output goes: its folders are created, and it is checked before the work that makes it.
import { randomUUID } from 'node:crypto'
import type { Stats } from 'node:fs'
import { access, constants, mkdir, open, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { codeOf, FileError, fileError, temporaryName, writeAndClose } from './files.js'

/** How many bytes {@link assertWritable} writes, because a full disk still takes empty files. */
const PROBE_BYTES = 4096

/**
 * Creates a folder and those above it that are missing.
 *
 * The option `recursive` of `mkdir` does the same, but it never returns below a folder that takes
 * no entries and says that they do not exist, such as `/proc`.
 *
 * @throws FileError when a folder cannot be created, or the path is that of a file
 */
export async function createFolder(path: string): Promise<void> {
  try {
    await createMissing(resolve(path))
  } catch (cause) {
    throw fileError(path, cause)
  }
}

async function createMissing(path: string): Promise<void> {
  if ((await folderAt(path)) === 'folder') return
  await createMissing(dirname(path))
  try {
    await mkdir(path)
  } catch (cause) {
    // Another process may have created it in the meantime.
    if (codeOf(cause) === 'EEXIST' && (await folderAt(path)) === 'folder') return
    throw noEntries(dirname(path), cause)
  }
}

/** @throws the error of the file system when a part of the path, or the path itself, is a file */
async function folderAt(path: string): Promise<'folder' | 'missing'> {
  try {
    if ((await stat(path)).isDirectory()) return 'folder'
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT' && dirname(path) !== path) return 'missing'
    throw cause
  }
  throw Object.assign(new Error(`ENOTDIR: ${path} is a file`), { code: 'ENOTDIR' })
}

/**
 * Returns the error of a folder in which something could not be created. Where the folder exists,
 * ENOENT does not mean that it is missing.
 */
export function noEntries(folder: string, cause: unknown): unknown {
  if (codeOf(cause) !== 'ENOENT') return cause
  return new FileError({
    where: folder,
    what: 'nothing can be created in this folder (ENOENT)',
    hint: 'choose another folder',
    cause,
  })
}

/**
 * Checks that a file can be written, before the work that makes its contents. Nothing remains of
 * the check, and a file of that name stays as it is.
 *
 * @param folders says whether missing folders above the file will be created
 * @throws FileError when the file could not be written
 */
export async function assertWritable(
  path: string,
  folders: 'present' | 'created' = 'present',
): Promise<void> {
  try {
    const found = await entryAt(path)
    if (found?.isDirectory() === true)
      throw Object.assign(new Error(`EISDIR: ${path} is a folder`), { code: 'EISDIR' })
    // A terminal, a pipe or another device is written to as it is.
    if (found !== undefined && !found.isFile()) return await access(path, constants.W_OK)
    const folder = dirname(resolve(path))
    await writeProbe(folders === 'present' ? folder : await nearestFolder(folder))
  } catch (cause) {
    throw fileError(path, cause)
  }
}

async function entryAt(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path)
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined
    throw cause
  }
}

/** Returns the folder, or the nearest one above it that exists. */
async function nearestFolder(path: string): Promise<string> {
  return (await folderAt(path)) === 'folder' ? path : nearestFolder(dirname(path))
}

async function writeProbe(folder: string): Promise<void> {
  const exists = (await folderAt(folder)) === 'folder'
  const probe = join(folder, temporaryName('probe', randomUUID()))
  let begun = false
  try {
    const file = await open(probe, 'wx')
    begun = true
    await writeAndClose(file, new Uint8Array(PROBE_BYTES))
  } catch (cause) {
    throw exists ? noEntries(folder, cause) : cause
  } finally {
    if (begun) await rm(probe, { force: true })
  }
}
