import { MAX_BRANCHES } from '../branches.js'

/** The classes of a branch's number of runs: 1, 2, 3, 4–7, 8–15, 16–31, 32–127, 128–255. */
const CLASSES = Uint8Array.from({ length: 256 }, (_, hits) => {
  const firsts = [1, 2, 3, 4, 8, 16, 32, 128]
  const at = firsts.findLastIndex((first) => hits >= first)
  return at < 0 ? 0 : 1 << at
})
/** The most shapes of messages that count as something new. */
const MAX_SHAPES = 256

/**
 * Reads which branches of the instrumented code an input has run, and tells whether that is new: a
 * branch, another class of its number of runs, or another shape of a message.
 */
export class Coverage {
  readonly #hits: Uint8Array
  readonly #words: Uint32Array
  readonly #seen: Uint8Array
  readonly #shapes = new Set<string>()
  #branches = 0
  #features = 0

  /** @param branches the number of branches of all instrumented code */
  constructor(branches: number) {
    const words = Math.ceil(branches / 4)
    const hits = (Reflect.get(globalThis, '__fuzzHits') ??
      new Uint8Array(MAX_BRANCHES)) as Uint8Array
    Reflect.set(globalThis, '__fuzzHits', hits)
    this.#hits = hits
    this.#words = new Uint32Array(hits.buffer, 0, words)
    this.#seen = new Uint8Array(words * 4)
  }

  /** The number of branches that any input has run. */
  get branches(): number {
    return this.#branches
  }

  /** The number of branches with their classes, and of shapes. */
  get features(): number {
    return this.#features + this.#shapes.size
  }

  /** Sets all counters to 0, before an input runs. */
  reset(): void {
    this.#words.fill(0)
  }

  /** Returns how many features the last input had that none before had, and notes them. */
  note(shape: string | undefined): number {
    let found = 0
    const words = this.#words
    for (let word = 0; word < words.length; word++) {
      // Most branches do not run, so four are skipped at once.
      if (words[word] === 0) continue
      for (let at = word * 4; at < word * 4 + 4; at++) {
        const now = CLASSES[this.#hits[at]!]!
        const before = this.#seen[at]!
        if ((now & ~before) === 0) continue
        if (before === 0) this.#branches++
        this.#seen[at] = before | now
        found++
      }
    }
    this.#features += found
    if (shape !== undefined && this.#shapes.size < MAX_SHAPES && !this.#shapes.has(shape)) {
      this.#shapes.add(shape)
      found++
    }
    return found
  }

  /** Returns the branches that the last input has run, however often. */
  branchesOfLast(): number[] {
    const branches: number[] = []
    for (let at = 0; at < this.#seen.length; at++) if (this.#hits[at] !== 0) branches.push(at)
    return branches
  }
}
