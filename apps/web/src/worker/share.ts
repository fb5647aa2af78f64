/** The most of the time that looking may take from training. */
const SHARE = 0.12

/**
 * When it is time to look again: not more often than makes sense, and never so often that looking takes more than its share, however slow
 * the engine is.
 */
export class Share {
  readonly #every: number
  #next = 0

  /** @param every milliseconds */
  constructor(every: number) {
    this.#every = every
  }

  get due(): boolean {
    return performance.now() >= this.#next
  }

  async spend(work: () => Promise<void>): Promise<void> {
    const begin = performance.now()
    await work()
    const end = performance.now()
    this.#next = end + Math.max(this.#every, (end - begin) * (1 / SHARE - 1))
  }
}
