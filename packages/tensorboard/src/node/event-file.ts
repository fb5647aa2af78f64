import { mkdir, open, readdir, stat, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { encodeEvent, type ScalarHeads, type TensorboardEvent } from '../event.js'
import { encodeRecord } from '../record.js'

const PREFIX = 'events.out.tfevents.'

/**
 * A file to which events are appended. Adding does not wait, because events stay in memory until a
 * flush. An error of the disk does not stop the caller: no more events are written, and
 * {@link problem} holds the error.
 */
export interface EventFile {
  readonly path: string
  /** The first error, if there was one. */
  readonly problem: Error | undefined
  /** Adds the figures of a step, which is a whole number from 0. */
  add(step: number, scalars: Readonly<Record<string, number>>): void
  /** Appends the added events to the file. Await each flush before the next. */
  flush(): Promise<void>
  /** Flushes and closes the file. Further calls do nothing. */
  close(): Promise<void>
}

/** The options of {@link openEventFile}. */
export interface EventFileOptions {
  /**
   * The next step of a resumed run. Readers drop the earlier events of this step and later ones.
   */
  readonly resumedAtStep?: number
  /** Returns the time in milliseconds since 1970. @default Date.now */
  readonly now?: () => number
}

/**
 * Creates a new event file, and its folder if that is missing. TensorBoard reads the files of a
 * folder as one run in the order of their names, so the name of a new file comes after those of all
 * others.
 *
 * @throws Error of the file system if the folder or the file cannot be created
 */
export async function openEventFile(
  folder: string,
  { resumedAtStep, now = Date.now }: EventFileOptions = {},
): Promise<EventFile> {
  await createFolder(folder)
  const path = join(folder, nameAfter(await readdir(folder), Math.floor(now() / 1000)))
  // `wx` never opens an existing file, because an incomplete record in its middle would hide the
  // events after it.
  const file = new AppendedFile(path, await open(path, 'wx'), now)
  file.record({ type: 'file-version', wallTime: now() / 1000 })
  if (resumedAtStep !== undefined)
    file.record({ type: 'session-start', wallTime: now() / 1000, step: resumedAtStep })
  await file.flush()
  return file
}

/**
 * Creates a folder and those above it that are missing. The option `recursive` of `mkdir` never
 * returns below a folder that takes no entries, such as `/proc`.
 */
async function createFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    // Reading the folder will tell if it is a file.
    if (code === 'EEXIST') return
    const parent = dirname(folder)
    if (code !== 'ENOENT' || (await exists(parent))) throw cause
    await createFolder(parent)
    await createFolder(folder)
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

/**
 * Returns a name with the time in seconds, as TensorBoard's own names have, or with the next free
 * second.
 */
function nameAfter(names: readonly string[], second: number): string {
  const taken = names
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => Number.parseInt(name.slice(PREFIX.length), 10))
  const last = Math.max(-1, ...taken.filter((time) => Number.isFinite(time)))
  return `${PREFIX}${String(Math.max(second, last + 1)).padStart(10, '0')}.mnist-lab`
}

/** Implements {@link EventFile}. */
export class AppendedFile implements EventFile {
  readonly path: string
  problem: Error | undefined
  readonly #handle: FileHandle
  readonly #now: () => number
  readonly #heads: ScalarHeads = new Map()
  #waiting: Uint8Array[] = []
  #closed = false

  constructor(path: string, handle: FileHandle, now: () => number) {
    this.path = path
    this.#handle = handle
    this.#now = now
  }

  add(step: number, scalars: Readonly<Record<string, number>>): void {
    this.record({ type: 'scalars', wallTime: this.#now() / 1000, step, scalars })
  }

  record(event: TensorboardEvent): void {
    if (this.#closed || this.problem !== undefined) return
    this.#waiting.push(encodeRecord(encodeEvent(event, this.#heads)))
  }

  async flush(): Promise<void> {
    const waiting = this.#waiting
    if (waiting.length === 0 || this.problem !== undefined) return
    this.#waiting = []
    try {
      await this.#handle.appendFile(Buffer.concat(waiting))
    } catch (cause) {
      // The last record may be incomplete. Readers skip it.
      this.problem = cause instanceof Error ? cause : new Error(String(cause))
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    await this.flush()
    this.#closed = true
    try {
      await this.#handle.close()
    } catch (cause) {
      this.problem ??= cause instanceof Error ? cause : new Error(String(cause))
    }
  }
}
