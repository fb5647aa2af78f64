import { mkdir, open, readdir, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { encodeEvent, type ScalarHeads, type TensorboardEvent } from '../event.js'
import { encodeRecord } from '../record.js'

const PREFIX = 'events.out.tfevents.'

/**
 * A file that events are appended to. Adding costs no wait: events are kept until a flush. What the disk refuses does not stop the
 * caller's work: nothing is written any more, and {@link problem} says why.
 */
export interface EventFile {
  readonly path: string
  /** What went wrong, if something did. */
  readonly problem: Error | undefined
  /** @param step whole, from 0 */
  add(step: number, scalars: Readonly<Record<string, number>>): void
  /** Writes what was added. One at a time: await it before the next. */
  flush(): Promise<void>
  /** Flushes and closes; further calls do nothing. */
  close(): Promise<void>
}

export interface EventFileOptions {
  /** Of a run that goes on: its first step from now on. Readers forget what they had of it and of later ones. */
  readonly resumedAtStep?: number
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number
}

/**
 * Makes a new event file in a folder, which it makes too. TensorBoard reads the files of a folder in the order of their names as one
 * run, so a run that goes on writes another, whose name comes after.
 *
 * @throws Error of the file system when the folder or the file cannot be made
 */
export async function openEventFile(
  folder: string,
  { resumedAtStep, now = Date.now }: EventFileOptions = {},
): Promise<EventFile> {
  await mkdir(folder, { recursive: true })
  const path = join(folder, nameAfter(await readdir(folder), Math.floor(now() / 1000)))
  // Never another's file: a record in the middle of one would hide what comes after.
  const file = new AppendedFile(path, await open(path, 'wx'), now)
  file.record({ type: 'file-version', wallTime: now() / 1000 })
  if (resumedAtStep !== undefined)
    file.record({ type: 'session-start', wallTime: now() / 1000, step: resumedAtStep })
  await file.flush()
  return file
}

/** By the second, as TensorBoard's own; the next free one when the run before began in the same. */
function nameAfter(names: readonly string[], second: number): string {
  const taken = names
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => Number.parseInt(name.slice(PREFIX.length), 10))
  const last = Math.max(-1, ...taken.filter((time) => Number.isFinite(time)))
  return `${PREFIX}${String(Math.max(second, last + 1)).padStart(10, '0')}.mnist-lab`
}

/** See {@link EventFile}. */
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
      // Half a record may be written; it is the last one, which readers leave out.
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
