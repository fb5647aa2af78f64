// The lock of a folder that one process at a time may write to. proper-lockfile creates it, keeps
// it fresh, and removes it when the process ends. A note in the lock says whose it is.
import { createHash } from 'node:crypto'
import { readlink, realpath, rm, stat } from 'node:fs/promises'
import * as fs from 'node:fs'
import { constants, hostname } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import type * as properLockfileModule from 'proper-lockfile'
import { JsonError, parseForeignJson } from '../foreign-json.js'
import { InputError } from '../input-error.js'
import { codeOf, FileError, fileError } from './files.js'
import { createFolder, noEntries } from './output-path.js'
import { readBounded } from './read-file.js'

/**
 * The name of the lock in a folder whose parent may not be written to. It is no file of the folder.
 */
export const LOCK_NAME = '.lock'
/** The file in a lock that says which process holds it. */
const HOLDER = 'holder.json'
/** The most bytes of that file. */
const MAX_NOTE_BYTES = 2 ** 16
/** Says how often the holder renews its lock, in milliseconds. */
const RENEW = 5000
/**
 * After how many milliseconds without renewal a lock is abandoned. A process that ended is noticed
 * at once, but only on the machine on which it ran.
 */
const ABANDONED = 120_000
/**
 * The same for a lock without a note. Its process writes the note within milliseconds, so that a
 * process that is killed in between must not keep a folder for long.
 */
const ABANDONED_WITHOUT_NOTE = 10_000
/** The most bytes of a folder's name that its lock's name repeats. File systems allow 255. */
const MOST_BYTES = 200

/** The error thrown when another process is using a folder. */
export class LockedError extends InputError {
  override readonly name: string = 'LockedError'
}

/** The right of this process to write to a folder. */
export interface FolderLock {
  /**
   * Checks that the folder still belongs to this process. A process that was stopped for minutes
   * can lose it.
   *
   * @throws LockedError when another process has taken it over
   */
  assertHeld(): void
  /** Gives the folder back. Calling it again has no effect. */
  release(): Promise<void>
}

/** Which process holds a lock. */
interface Holder {
  readonly pid: number
  readonly host: string
  /** The namespace of the process number, because two containers can have the same host name. */
  readonly namespace: string
  /** When it began, in ISO 8601. */
  readonly since: string
}

/**
 * Locks a folder for this process. The folder need not exist; its parent folder is created. The
 * lock of a process that was killed is removed.
 *
 * The lock lies beside the folder, as `.NAME.lock`, so that it does not move with the folder. It is
 * in the folder where the parent may not be written to; the folder then cannot move.
 *
 * @throws LockedError when another process, or this one, has locked the folder
 * @throws FileError when neither place can be written to
 */
export async function lockFolder(directory: string): Promise<FolderLock> {
  const path = resolve(directory)
  try {
    await createFolder(dirname(path))
    const folder = await realPathOf(path)
    return await lockAt(folder, besideOf(folder))
  } catch (cause) {
    const code = codeOf(cause instanceof FileError ? cause.cause : cause)
    if (code !== 'EACCES' && code !== 'EPERM' && code !== 'EROFS') throw refused(path, cause)
  }
  try {
    await createFolder(path)
    const folder = await realpath(path)
    return await lockAt(folder, join(folder, LOCK_NAME))
  } catch (cause) {
    throw refused(path, cause)
  }
}

function refused(path: string, cause: unknown): InputError {
  return fileError(path, noEntries(dirname(path), cause))
}

/** Returns the path without symbolic links, so that one folder has one lock. */
async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (cause) {
    if (codeOf(cause) !== 'ENOENT') throw cause
    return join(await realpath(dirname(path)), basename(path))
  }
}

function besideOf(folder: string): string {
  const name = basename(folder)
  const short =
    Buffer.byteLength(name) <= MOST_BYTES
      ? name
      : createHash('sha256').update(name).digest('hex').slice(0, 32)
  return join(dirname(folder), `.${short}.lock`)
}

type ProperLockfile = Pick<typeof properLockfileModule, 'lock'>
let loading: Promise<ProperLockfile> | undefined

function properLockfile(): Promise<ProperLockfile> {
  return (loading ??= load())
}

/**
 * Loads proper-lockfile, and takes away its handlers of signals, which a library must not add. They
 * would end a program at the first Ctrl-C although it has a handler of its own, if that one was
 * added with `once` and is therefore gone when theirs looks whether it is the only one. And they
 * would make of a write beyond `ulimit -f` a signal that ends the process, instead of an error. At
 * every exit the package still removes its locks, and those of a process that a signal ended are
 * removed as abandoned.
 */
async function load(): Promise<ProperLockfile> {
  const listeners = () =>
    Object.keys(constants.signals).flatMap((name) =>
      process
        .listeners(name as NodeJS.Signals)
        .map((listener) => ({ signal: name as NodeJS.Signals, listener })),
    )
  const before = new Set(listeners().map(({ listener }) => listener))
  const { default: lockfile } = await import('proper-lockfile')
  for (const { signal, listener } of listeners()) {
    if (before.has(listener)) continue
    // Node.js ignores this one, so that a write beyond `ulimit -f` is an error that can be caught.
    // Without any handler it would end the process from now on.
    if (signal === 'SIGXFSZ') process.on(signal, () => {})
    process.removeListener(signal, listener)
  }
  return lockfile
}

async function lockAt(folder: string, lockfilePath: string): Promise<FolderLock> {
  const lockfile = await properLockfile()
  let lost = false
  const holder = await thisProcess()
  const acquire = () =>
    lockfile.lock(folder, {
      lockfilePath,
      realpath: false,
      // `removeAbandoned` decides. The package itself removes a stale lock without making sure that
      // no other process has just done so and locked the folder again.
      stale: Number.POSITIVE_INFINITY,
      update: RENEW,
      fs: fileSystemFor(holder),
      onCompromised: () => {
        lost = true
      },
    })
  let release: () => Promise<void>
  try {
    release = await acquire()
  } catch (first) {
    if (codeOf(first) !== 'ELOCKED') throw first
    if (!(await removeAbandoned(folder, lockfilePath)))
      throw await lockedError(folder, lockfilePath, first)
    try {
      release = await acquire()
    } catch (second) {
      if (codeOf(second) !== 'ELOCKED') throw second
      throw await lockedError(folder, lockfilePath, second)
    }
  }
  let released = false
  return {
    assertHeld() {
      if (!lost || released) return
      throw new LockedError({
        where: folder,
        what: 'another process has taken over this folder, because this one stood still for too long',
        hint: 'what was saved before is kept; wait until the other process ends',
      })
    },
    async release() {
      if (released) return
      released = true
      try {
        if (!lost) await release()
      } catch (cause) {
        // The work in the folder is done. A lock that cannot be removed is abandoned from the end
        // of this process on.
        if (codeOf(cause) === undefined) throw cause
      }
    },
  }
}

/** Returns the functions that proper-lockfile works with; they keep the note in the lock. */
function fileSystemFor(holder: Holder): object {
  const options = { recursive: true, force: true }
  return {
    stat: fs.stat,
    utimes: fs.utimes,
    mkdir(path: string, done: (error: Error | null) => void) {
      fs.mkdir(path, (refused) => {
        if (refused !== null) return done(refused)
        fs.writeFile(join(path, HOLDER), JSON.stringify(holder), (error) => {
          if (error === null) return done(null)
          fs.rm(path, options, () => done(error))
        })
      })
    },
    rmdir: (path: string, done: (error: Error | null) => void) => fs.rm(path, options, done),
    rmdirSync: (path: string) => fs.rmSync(path, options),
  }
}

/**
 * Removes a lock whose process has ended or has not renewed it for long.
 *
 * @returns whether it was removed
 */
async function removeAbandoned(folder: string, lockfilePath: string): Promise<boolean> {
  const lockfile = await properLockfile()
  let done: () => Promise<void>
  try {
    // One process at a time looks and removes. Otherwise a second one could remove the lock with
    // which the first one has replaced the abandoned one.
    done = await lockfile.lock(`${folder}\0takeover`, {
      lockfilePath: `${lockfilePath}.takeover`,
      realpath: false,
      onCompromised: () => {},
    })
  } catch (cause) {
    if (codeOf(cause) === 'ELOCKED') return false
    throw cause
  }
  try {
    if (!(await isAbandoned(lockfilePath))) return false
    await rm(lockfilePath, { recursive: true, force: true })
    return true
  } finally {
    await done()
  }
}

async function isAbandoned(lockfilePath: string): Promise<boolean> {
  const holder = await holderOf(lockfilePath)
  if (holder !== undefined && (await isHere(holder)) && !isAlive(holder.pid)) return true
  try {
    const { mtimeMs } = await stat(lockfilePath)
    return mtimeMs < Date.now() - (holder === undefined ? ABANDONED_WITHOUT_NOTE : ABANDONED)
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return true
    throw cause
  }
}

async function holderOf(lockfilePath: string): Promise<Holder | undefined> {
  try {
    const note = await readBounded(join(lockfilePath, HOLDER), MAX_NOTE_BYTES)
    const holder = parseForeignJson(note, { maxSize: MAX_NOTE_BYTES })
    return isHolder(holder) ? holder : undefined
  } catch (cause) {
    // Between two steps of its process, a lock has no note or half a note.
    if (cause instanceof JsonError || codeOf(cause) === 'ENOENT') return undefined
    throw cause
  }
}

function isHolder(value: unknown): value is Holder {
  const { pid, host, namespace, since } = Object(value) as Record<keyof Holder, unknown>
  return (
    Number.isSafeInteger(pid) &&
    Number(pid) > 0 &&
    [host, namespace, since].every((text) => typeof text === 'string')
  )
}

async function thisProcess(): Promise<Holder> {
  return {
    pid: process.pid,
    host: hostname(),
    namespace: await namespaceOf(),
    since: new Date().toISOString(),
  }
}

async function namespaceOf(): Promise<string> {
  try {
    return await readlink('/proc/self/ns/pid')
  } catch {
    // Only Linux has these namespaces.
    return ''
  }
}

async function isHere({ host, namespace }: Holder): Promise<boolean> {
  return host === hostname() && namespace === (await namespaceOf())
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    // EPERM: it is alive and another user's.
    return codeOf(cause) !== 'ESRCH'
  }
}

async function lockedError(
  folder: string,
  lockfilePath: string,
  cause: unknown,
): Promise<LockedError> {
  const holder = await holderOf(lockfilePath)
  const here = holder !== undefined && (await isHere(holder))
  const who =
    holder === undefined
      ? 'another process'
      : `process ${holder.pid}${here ? '' : ` on ${holder.host}`}, since ${holder.since},`
  return new LockedError({
    where: folder,
    what: `${who} is using this folder`,
    hint: here
      ? 'wait until it ends, or choose another folder'
      : `wait until it ends, or choose another folder; if it is gone, remove ${lockfilePath}`,
    cause,
  })
}
