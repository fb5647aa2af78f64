import { HEADER, type Kernels } from '@mnist-lab/kernels'
import type { Helpers } from './threads.js'
import type { PassRunner } from './trainer.js'

/**
 * Returns what runs passes together with helper threads.
 *
 * A helper that ends in the middle of a pass never finishes its work, and this thread cannot hear
 * of it inside WebAssembly. The kernel `run` therefore returns whenever it has waited for a few
 * milliseconds. The events of the helpers then arrive, and the pass goes on or fails.
 */
export function sharedRunner(
  memory: { readonly buffer: ArrayBuffer },
  kernels: Kernels,
  helpers: Helpers,
): PassRunner {
  const words = new Int32Array(memory.buffer)
  const finished = (header: number): boolean => {
    try {
      return kernels.run(header, helpers.mayWait ? 1 : 0) === 1
    } catch (error) {
      // The helpers would wait without end for the work that this thread has given up.
      helpers.fail(error)
      throw error
    }
  }
  const wait = async (header: number): Promise<void> => {
    do {
      await eventsHandled()
      helpers.check()
    } while (!finished(header))
  }
  return {
    check: () => helpers.check(),
    run: (header) => {
      // A single block is finished before another thread has woken up.
      if (words[header / 4 + HEADER.blocks]! > 1) helpers.start(header)
      return finished(header) ? undefined : wait(header)
    },
  }
}

/**
 * Resolves after the event loop has handled the events that have arrived. Browsers slow timers down
 * in pages that are not visible, but not messages.
 */
async function eventsHandled(): Promise<void> {
  const { port1, port2 } = new MessageChannel()
  await new Promise((resolve) => {
    port1.addEventListener('message', resolve)
    port1.start()
    port2.postMessage(undefined)
  })
  port1.close()
}
