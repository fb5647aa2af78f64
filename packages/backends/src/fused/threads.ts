import { HEADER } from '@mnist-lab/kernels'
import { BackendError } from '../interface.js'
import { collectSharedMemory } from './collect-shared-memory.js'

/** Controls a thread that runs `serveThread`. */
export interface ThreadHandle {
  readonly post: (message: ThreadMessage) => void
  /** Sets the listener that is called when the thread has handled the last message. */
  readonly onReady: (listener: () => void) => void
  /**
   * Sets the listener that is called when the thread fails or ends, whatever ended it. Steps, and
   * messages to the thread, wait until it has answered or this listener has been called.
   */
  readonly onError: (listener: (error: unknown) => void) => void
  /** Sets whether the process stays alive as long as the thread runs. */
  readonly hold: (on: boolean) => void
  readonly terminate: () => Promise<void>
}

/** Starts a thread. */
export type SpawnThread = () => ThreadHandle

/** A message to a thread. The thread answers every message except `wait`. */
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
  /** Makes the thread wait for signals, beginning with the one after `sequence`. */
  | { readonly type: 'wait'; readonly sequence: number }

/** A thread's answer to a message. */
export type ThreadAnswer = 'ready' | { readonly failed: string }

/** Calls the listener that matches a thread's answer. */
export function receiveAnswer(
  answer: ThreadAnswer,
  ready: () => void,
  failed: (error: unknown) => void,
): void {
  if (answer === 'ready') ready()
  else failed(new Error(answer.failed))
}

/**
 * The indices of the control words: the number of signals so far, the id of a program or LEAVE, and
 * the address of the header of its pass.
 */
export const CONTROL = { sequence: 0, program: 1, header: 2 } as const
/** The signal that makes threads stop waiting and read messages. */
export const LEAVE = -1

/** The helpers of one program. */
export interface Helpers {
  /** Whether the thread that calls `start` may sleep. */
  readonly mayWait: boolean
  /**
   * Checks that the helpers can be used.
   *
   * @throws BackendError when one of them has failed
   */
  check(): void
  /** Wakes the helpers for the pass whose header is at the given address. */
  start(header: number): void
  /** Ends the helpers, because a pass was given up that they may still be working on. */
  fail(cause: unknown): void
  /** Makes the helpers forget the program. */
  remove(): void
}

/**
 * Holds the helper threads that work beside the calling thread. Between passes each of them spins
 * for a short time and then sleeps in Atomics.wait, so an idle pool uses no processor time. A
 * sleeping helper has to be woken before it can read a message. After a helper has failed or ended,
 * the others are ended too, because they may be waiting for its work. Every later call then fails
 * with the same error, except `close`, which always returns.
 */
export class ThreadPool {
  readonly #threads: readonly ThreadHandle[]
  readonly #control = new Int32Array(new SharedArrayBuffer(64))
  readonly #mayWait = mayThisThreadWait(this.#control)
  #nextId = 1
  #failure: BackendError | undefined
  /** Rejects the promise of the message that is being handled. */
  #reject: ((error: BackendError) => void) | undefined
  #turn: Promise<void> = Promise.resolve()
  #ended: Promise<unknown> | undefined

  private constructor(threads: readonly ThreadHandle[]) {
    this.#threads = threads
    for (const thread of threads) thread.onError((error) => this.#fail(error))
  }

  /**
   * Starts the helpers.
   *
   * @param count the number of threads, including the calling thread
   * @throws BackendError when a thread does not start; those that did start are ended
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

  /**
   * Makes a program known to the helpers.
   *
   * @throws BackendError when one of the helpers has failed
   */
  async add(memory: WebAssembly.Memory): Promise<Helpers> {
    const id = this.#nextId++
    await this.#tell(() => ({ type: 'add', id, memory }))
    const words = new Int32Array(memory.buffer)
    return {
      mayWait: this.#mayWait,
      check: () => this.#check(),
      start: (header) => {
        Atomics.store(words, header / 4 + HEADER.open, 1)
        Atomics.store(this.#control, CONTROL.header, header)
        this.#signal(id)
      },
      fail: (cause) => this.#fail(cause),
      // If the message fails, the helpers hold the memory until the pool is closed.
      remove: () => {
        this.#tell(() => ({ type: 'remove', id })).catch((error: unknown) => this.#fail(error))
        collectSharedMemory()
      },
    }
  }

  /** Ends the helpers. Messages that they have not answered yet fail. */
  async close(): Promise<void> {
    this.#fail(
      new BackendError({
        where: 'backend fused',
        what: 'its threads were closed',
        hint: 'open it again',
      }),
    )
    await this.#ended
  }

  /**
   * Sends a message to every helper after the earlier messages. The helpers then wait for signals
   * again.
   */
  #tell(message: (thread: number) => ThreadMessage): Promise<void> {
    const told = this.#turn.then(() => this.#ask(message))
    // Only the sender of a message that fails gets the error. Later messages are still sent.
    this.#turn = told.catch(() => undefined)
    return told
  }

  async #ask(message: (thread: number) => ThreadMessage): Promise<void> {
    this.#check()
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
      // The process has to live until threads that are being ended have ended.
      if (this.#failure === undefined) for (const thread of this.#threads) thread.hold(false)
    })
    const sequence = Atomics.load(this.#control, CONTROL.sequence)
    for (const thread of this.#threads) thread.post({ type: 'wait', sequence })
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Records the first failure, which every later call throws, and ends the helpers. */
  #fail(cause: unknown): void {
    if (this.#failure !== undefined) return
    this.#failure = threadError(cause)
    this.#reject?.(this.#failure)
    this.#signal(LEAVE)
    this.#ended = Promise.allSettled(this.#threads.map((thread) => thread.terminate()))
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
    what: `a thread failed (${message === '' ? 'it gave no reason' : message})`,
    hint: 'open the backend again, or with one thread',
    cause,
  })
}

/** Returns whether this thread may call Atomics.wait, which a page's main thread may not. */
function mayThisThreadWait(control: Int32Array): boolean {
  try {
    Atomics.wait(control, 0, 0, 0)
    return true
  } catch (error) {
    if (error instanceof TypeError) return false
    throw error
  }
}
