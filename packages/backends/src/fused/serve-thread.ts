import { instantiateKernels, type Kernels } from '@mnist-lab/kernels'
import { CONTROL, LEAVE, type ThreadAnswer, type ThreadMessage } from './threads.js'

/** Turns of the loop before a thread sleeps. A step of a small model is as short as waking is. */
const SPINS = 20_000

/**
 * Returns what a helper thread does with its messages.
 *
 * @param answer tells the calling thread that a message was obeyed, or why it could not be
 */
export function serveThread(
  answer: (answer: ThreadAnswer) => void,
): (message: ThreadMessage) => Promise<void> {
  const programs = new Map<number, Kernels>()
  let control: Int32Array
  let module: WebAssembly.Module
  let thread: number
  const obey = async (message: ThreadMessage) => {
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
        return answer('ready')
      case 'wait':
        return waitForSignals(control, programs, thread, message.sequence)
    }
  }
  return async (message) => {
    try {
      await obey(message)
    } catch (error) {
      answer({ failed: String(error) })
    }
  }
}

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
    // A signal may follow another before the first is read. Then the header may be that of the
    // second, whose pass is open or is not.
    programs.get(program)?.help(Atomics.load(control, CONTROL.header), thread)
  }
}
