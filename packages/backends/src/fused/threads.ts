import { HEADER } from '@mnist-lab/kernels'
import { BackendError } from '../interface.js'

/** A thread that runs `serveThread`, as the pool sees it. */
export interface ThreadHandle {
  readonly post: (message: ThreadMessage) => void
  /** Sets who is called when the thread has done what the last message asked. */
  readonly onReady: (listener: () => void) => void
  /** Sets who is called when the thread fails, or ends without having been asked to. */
  readonly onError: (listener: (error: unknown) => void) => void
  /** Says whether the program has to go on while the thread does. */
  readonly hold: (on: boolean) => void
  readonly terminate: () => Promise<void>
}

export type SpawnThread = () => ThreadHandle

/** What a thread is told. It answers each message but `wait`. */
export type ThreadMessage =
  | {
      readonly type: 'open'
      readonly control: Int32Array
      readonly module: WebAssembly.Module
      /** The number of the thread, from 1 on. */
      readonly thread: number
    }
  | { readonly type: 'add'; readonly id: number; readonly memory: WebAssembly.Memory }
  | { readonly type: 'remove'; readonly id: number }
  /** Wait for signals, beginning with the one after `sequence`. */
  | { readonly type: 'wait'; readonly sequence: number }

/** What a thread answers. */
export type ThreadAnswer = 'ready' | { readonly failed: string }

/** Calls the listener of an answer that a thread has posted. */
export function receiveAnswer(
  answer: ThreadAnswer,
  ready: () => void,
  failed: (error: unknown) => void,
): void {
  if (answer === 'ready') ready()
  else failed(new Error(answer.failed))
}

/**
 * The control words: how many signals were given; a program's id or LEAVE; the header of its pass.
 */
export const CONTROL = { sequence: 0, program: 1, header: 2 } as const
/** The signal to stop waiting and to read messages. */
export const LEAVE = -1

/** The helpers of one program. */
export interface Helpers {
  /** Whether the thread that calls `start` may sleep. */
  readonly mayWait: boolean
  /** Wakes the helpers for a pass. @throws BackendError when one of them has failed */
  start(header: number): void
  remove(): void
}

/**
 * Helper threads beside the calling thread. Between passes each sleeps in Atomics.wait, after a
 * short spin, and burns nothing. To read a message it has to be called back first. A helper that
 * fails or ends makes every later call fail with one error, except `close`, which always returns.
 */
export class ThreadPool {
  readonly #threads: readonly ThreadHandle[]
  readonly #control = new Int32Array(new SharedArrayBuffer(64))
  readonly #mayWait = mayThisThreadWait(this.#control)
  #nextId = 1
  #failure: BackendError | undefined
  /** Rejects the message under way. */
  #reject: ((error: BackendError) => void) | undefined
  #turn: Promise<void> = Promise.resolve()

  private constructor(threads: readonly ThreadHandle[]) {
    this.#threads = threads
    for (const thread of threads) thread.onError((error) => this.#fail(error))
  }

  /**
   * Starts the helpers.
   *
   * @param count threads in all, the calling one among them
   * @throws BackendError when a thread does not start; those that did are ended
   */
  static async open(
    count: number,
    module: WebAssembly.Module,
    spawn: SpawnThread,
  ): Promise<ThreadPool> {
    const threads: ThreadHandle[] = []
    try {
      while (threads.length < count - 1) threads.push(spawn())
    } catch (cause) {
      for (const thread of threads) await thread.terminate()
      throw threadError(cause)
    }
    const pool = new ThreadPool(threads)
    try {
      await pool.#tell((i) => ({ type: 'open', control: pool.#control, module, thread: i + 1 }))
    } catch (error) {
      await pool.close()
      throw error
    }
    return pool
  }

  /** Makes a program known to the helpers. @throws BackendError when one of them has failed */
  async add(memory: WebAssembly.Memory): Promise<Helpers> {
    const id = this.#nextId++
    await this.#tell(() => ({ type: 'add', id, memory }))
    const words = new Int32Array(memory.buffer)
    return {
      mayWait: this.#mayWait,
      start: (header) => {
        if (this.#failure !== undefined) throw this.#failure
        Atomics.store(words, header / 4 + HEADER.open, 1)
        Atomics.store(this.#control, CONTROL.header, header)
        this.#signal(id)
      },
      // Helpers that cannot be told hold the memory until the pool is closed.
      remove: () => {
        this.#tell(() => ({ type: 'remove', id })).catch((error: unknown) => this.#fail(error))
      },
    }
  }

  /** Ends the helpers. What they were asked and have not answered fails. */
  async close(): Promise<void> {
    this.#fail(
      new BackendError({
        where: 'backend fused',
        what: 'its threads were closed',
        hint: 'open it again',
      }),
    )
    this.#signal(LEAVE)
    for (const thread of this.#threads) await thread.terminate()
  }

  /** Sends one message at a time; the helpers wait for signals again after it. */
  #tell(message: (thread: number) => ThreadMessage): Promise<void> {
    const told = this.#turn.then(() => this.#ask(message))
    // A message that fails is its sender's concern, not that of the next one.
    this.#turn = told.catch(() => undefined)
    return told
  }

  async #ask(message: (thread: number) => ThreadMessage): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    this.#signal(LEAVE)
    await new Promise<void>((resolve, reject) => {
      this.#reject = reject
      let left = this.#threads.length
      for (const [i, thread] of this.#threads.entries()) {
        thread.hold(true)
        thread.onReady(() => {
          left -= 1
          if (left === 0) resolve()
        })
        thread.post(message(i))
      }
    }).finally(() => {
      this.#reject = undefined
      for (const thread of this.#threads) thread.hold(false)
    })
    const sequence = Atomics.load(this.#control, CONTROL.sequence)
    for (const thread of this.#threads) thread.post({ type: 'wait', sequence })
  }

  /** The first failure is the one that everybody is told of. */
  #fail(cause: unknown): void {
    this.#failure ??= threadError(cause)
    this.#reject?.(this.#failure)
  }

  #signal(program: number): void {
    Atomics.store(this.#control, CONTROL.program, program)
    Atomics.add(this.#control, CONTROL.sequence, 1)
    Atomics.notify(this.#control, CONTROL.sequence)
  }
}

function threadError(cause: unknown): BackendError {
  if (cause instanceof BackendError) return cause
  const message = cause instanceof Error ? cause.message : String(cause)
  return new BackendError({
    where: 'backend fused',
    what: `a thread failed (${message === '' ? 'it does not say why' : message})`,
    hint: 'open the backend again, or with one thread',
    cause,
  })
}

/** A page's main thread may not. */
function mayThisThreadWait(control: Int32Array): boolean {
  try {
    Atomics.wait(control, 0, 0, 0)
    return true
  } catch (error) {
    if (error instanceof TypeError) return false
    throw error
  }
}
