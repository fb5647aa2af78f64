import { HEADER } from '@mnist-lab/kernels'

/** A thread that runs `serveThread`, see thread.ts. */
export interface ThreadHandle {
  readonly post: (message: ThreadMessage) => void
  /** Called with what the thread posts: it has done what the last message asked. */
  readonly onReady: (listener: () => void) => void
  readonly onError: (listener: (error: unknown) => void) => void
  /** Whether the program has to go on while the thread does. */
  readonly hold: (on: boolean) => void
  readonly terminate: () => Promise<void>
}

export type SpawnThread = () => ThreadHandle

/** What a thread is told; it answers each but `park`. */
export type ThreadMessage =
  | {
      readonly type: 'open'
      readonly control: Int32Array
      readonly module: WebAssembly.Module
      readonly slot: number
    }
  | { readonly type: 'add'; readonly id: number; readonly memory: WebAssembly.Memory }
  | { readonly type: 'remove'; readonly id: number }
  /** Serve passes, beginning with the one after `sequence`. */
  | { readonly type: 'park'; readonly sequence: number }

/** The control words: how many orders were given; the last order, a program's id or LEAVE; and the header of its pass. */
export const CONTROL = { sequence: 0, program: 1, header: 2 } as const
/** The order to read messages. */
export const LEAVE = -1

/** The threads' part in a program. */
export interface Crew {
  /** Whether the thread that calls `start` may sleep. */
  readonly mayWait: boolean
  /** Wakes the threads to help with a pass. */
  start(header: number): void
  remove(): void
}

/**
 * Helpers beside the calling thread. Between passes each sleeps in Atomics.wait, after a short spin, and burns nothing; to read a
 * message it has to be called back first.
 */
export class Threads {
  readonly #helpers: readonly ThreadHandle[]
  readonly #control: Int32Array
  readonly #mayWait: boolean
  #next = 1
  #error: unknown
  #turn: Promise<void>

  constructor(helpers: readonly ThreadHandle[], module: WebAssembly.Module) {
    this.#helpers = helpers
    this.#control = new Int32Array(new SharedArrayBuffer(64))
    this.#mayWait = mayThisThreadWait(this.#control)
    this.#turn = this.#ask((i) => ({ type: 'open', control: this.#control, module, slot: i + 1 }))
  }

  /** @throws what a thread failed with */
  async add(memory: WebAssembly.Memory): Promise<Crew> {
    const id = this.#next++
    await this.#tell({ type: 'add', id, memory })
    const words = new Int32Array(memory.buffer)
    return {
      mayWait: this.#mayWait,
      start: (header) => {
        if (this.#error !== undefined) throw this.#error
        Atomics.store(words, header / 4 + HEADER.open, 1)
        Atomics.store(this.#control, CONTROL.header, header)
        this.#order(id)
      },
      // A disposed program's memory is let go of with the next message at the latest.
      remove: () => {
        void this.#tell({ type: 'remove', id }).catch((error: unknown) => {
          this.#error ??= error
        })
      },
    }
  }

  async close(): Promise<void> {
    await this.#turn.catch(() => undefined)
    this.#order(LEAVE)
    for (const helper of this.#helpers) await helper.terminate()
  }

  /** One message at a time, and the helpers serve passes again after it. */
  #tell(message: ThreadMessage): Promise<void> {
    this.#turn = this.#turn.then(() => this.#ask(() => message))
    return this.#turn
  }

  /** @param message for each helper */
  async #ask(message: (helper: number) => ThreadMessage): Promise<void> {
    this.#order(LEAVE)
    await Promise.all(
      this.#helpers.map(
        (helper, i) =>
          new Promise<void>((resolve, reject) => {
            helper.hold(true)
            helper.onReady(resolve)
            helper.onError(reject)
            helper.post(message(i))
          }),
      ),
    )
    const sequence = Atomics.load(this.#control, CONTROL.sequence)
    for (const helper of this.#helpers) {
      helper.onError((error) => {
        this.#error ??= error
      })
      helper.post({ type: 'park', sequence })
      helper.hold(false)
    }
  }

  #order(program: number): void {
    Atomics.store(this.#control, CONTROL.program, program)
    Atomics.add(this.#control, CONTROL.sequence, 1)
    Atomics.notify(this.#control, CONTROL.sequence)
  }
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

/** @param count threads in all, the calling one among them */
export async function openThreads(
  count: number,
  module: WebAssembly.Module,
  spawn: SpawnThread,
): Promise<Threads> {
  return new Threads(Array.from({ length: count - 1 }, spawn), module)
}
