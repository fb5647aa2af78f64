import { instantiateKernels, type Kernels } from '@mnist-lab/kernels'
import { CONTROL, LEAVE, type ThreadMessage } from './threads.js'

/** Looks at the control words before it sleeps; a step of a small model is as short as waking is. */
const SPINS = 20_000

/** What a helper thread does with its messages. @param done tells the calling thread that a message was obeyed */
export function serveThread(done: () => void): (message: ThreadMessage) => Promise<void> {
  const programs = new Map<number, Kernels>()
  let control: Int32Array
  let module: WebAssembly.Module
  let slot: number
  return async (message) => {
    if (message.type === 'park') return park(control, programs, slot, message.sequence)
    if (message.type === 'open') {
      control = message.control
      module = message.module
      slot = message.slot
    } else if (message.type === 'add') {
      programs.set(message.id, await instantiateKernels(message.memory, module))
    } else {
      programs.delete(message.id)
    }
    done()
  }
}

function park(
  control: Int32Array,
  programs: ReadonlyMap<number, Kernels>,
  slot: number,
  sequence: number,
): void {
  for (let seen = sequence; ;) {
    let now = Atomics.load(control, CONTROL.sequence)
    for (let i = 0; now === seen && i < SPINS; i++) now = Atomics.load(control, CONTROL.sequence)
    if (now === seen) Atomics.wait(control, CONTROL.sequence, seen)
    seen = Atomics.load(control, CONTROL.sequence)
    const program = Atomics.load(control, CONTROL.program)
    if (program === LEAVE) return
    // An order may follow another before the first is read: then its header may be the second's, whose pass is open or is not.
    programs.get(program)?.help(Atomics.load(control, CONTROL.header), slot)
  }
}
