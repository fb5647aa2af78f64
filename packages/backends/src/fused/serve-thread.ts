import { instantiateKernels, type Kernels } from '@mnist-lab/kernels'
import { collectSharedMemory } from './collect-shared-memory.js'
import { CONTROL, LEAVE, type ThreadAnswer, type ThreadMessage } from './threads.js'

/**
 * How often a thread checks for a signal before it sleeps. Waking a thread takes about as long as a
 * step of a small model.
 */
const SPINS = 20_000

/**
 * Returns the function that a helper thread calls with each message.
 *
 * @param answer tells the calling thread that a message was handled, or why handling it failed
 */
export function serveThread(
  answer: (answer: ThreadAnswer) => void,
): (message: ThreadMessage) => Promise<void> {
  const programs = new Map<number, Kernels>()
  let control: Int32Array
  let module: WebAssembly.Module
  let thread: number
  const handle = async (message: ThreadMessage) => {
    switch (message.type) {
      case 'open':
        control = message.control
        module = message.module
        thread = message.thread
        return answer('ready')
      case 'add':
        programs.set(message.id, await instantiateKernels(message.memory, module))
        return answer('ready')
      case 'remove':
        programs.delete(message.id)
        collectSharedMemory()
        return answer('ready')
      case 'wait':
        return waitForSignals(control, programs, thread, message.sequence)
    }
  }
  return async (message) => {
    try {
      await handle(message)
    } catch (error) {
      answer({ failed: String(error) })
    }
  }
}

/** Helps with every pass that is signalled after `sequence`, until the signal LEAVE. */
function waitForSignals(
  control: Int32Array,
  programs: ReadonlyMap<number, Kernels>,
  thread: number,
  sequence: number,
): void {
  for (let seen = sequence; ;) {
    let now = Atomics.load(control, CONTROL.sequence)
    for (let i = 0; now === seen && i < SPINS; i++) now = Atomics.load(control, CONTROL.sequence)
    if (now === seen) Atomics.wait(control, CONTROL.sequence, seen)
    seen = Atomics.load(control, CONTROL.sequence)
    const program = Atomics.load(control, CONTROL.program)
    if (program === LEAVE) return
    // A second signal may come before the first one is read. Then the header may already be that of
    // the second pass. `help` checks whether the pass of the header is open.
    programs.get(program)?.help(Atomics.load(control, CONTROL.header), thread)
  }
}
