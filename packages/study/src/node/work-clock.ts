interface Piece {
  readonly work: number
  /** Whether it is done while nothing else is. */
  readonly alone: boolean
  /** Share done, and the share that was done when it was begun here. */
  share: number
  from: number | undefined
  begun: number | undefined
  spent: number
}

/** Tells when pieces of work of known size will be done, from the speed of those that are being done. */
export class WorkClock {
  readonly #now: () => number
  readonly #pieces = new Map<unknown, Piece>()

  /** @param now milliseconds */
  constructor(now: () => number) {
    this.#now = now
  }

  /** @param work in any unit, the same for all */
  add(key: unknown, work: number, alone: boolean): void {
    this.#pieces.set(key, { work, alone, share: 0, from: undefined, begun: undefined, spent: 0 })
  }

  begin(key: unknown): void {
    this.#pieces.get(key)!.begun = this.#now()
  }

  /** @param share of the piece that is done, what was done before it was begun here included */
  progress(key: unknown, share: number): void {
    const piece = this.#pieces.get(key)!
    // What a piece begins with is told by its first report: until then it was made ready.
    if (piece.from === undefined) {
      piece.from = share
      piece.begun = this.#now()
    }
    piece.share = share
  }

  end(key: unknown): void {
    const piece = this.#pieces.get(key)!
    if (piece.from !== undefined && piece.begun !== undefined)
      piece.spent = this.#now() - piece.begun
    piece.begun = undefined
  }

  /**
   * @param atOnce pieces at a time, of those that need not be alone
   * @returns milliseconds, or undefined while nothing is known
   */
  left(atOnce: number): number | undefined {
    const now = this.#now()
    let [work, spent, alone, shared] = [0, 0, 0, 0]
    for (const piece of this.#pieces.values()) {
      const rest = piece.work * (1 - piece.share)
      if (piece.alone) alone += rest
      else shared += rest
      if (piece.from === undefined) continue
      work += piece.work * (piece.share - piece.from)
      spent += piece.begun === undefined ? piece.spent : now - piece.begun
    }
    return work <= 0 ? undefined : (alone + shared / Math.max(1, atOnce)) * (spent / work)
  }
}
