/** The pages of 64 KB of a memory that V8 takes as a reason to collect. They are never touched. */
const PAGES = 1024

/**
 * Asks the JavaScript engine to collect shared memories that nothing refers to any more. V8 does
 * not count shared memory, so it sees no reason to collect it, and every disposed trainer would
 * keep its memory until the process ends. It counts memory that is not shared: when a second memory
 * of 64 MB is created after the first was dropped, it collects the shared ones too.
 */
export function collectSharedMemory(): void {
  for (let i = 0; i < 2; i++) {
    try {
      void new WebAssembly.Memory({ initial: PAGES, maximum: PAGES })
    } catch (error) {
      // V8 has collected everything before it reports that there is no memory.
      if (error instanceof RangeError) return
      throw error
    }
  }
}
