import { philox4x32, streamWords } from '@mnist-lab/core'

/**
 * Random choices that depend on a seed, a target and the number of an input alone, so that the same
 * seed gives the same inputs.
 */
export class Random {
  readonly #purpose: number
  readonly #key0: number
  readonly #key1: number
  readonly #words = new Uint32Array(4)
  #input = 0
  #block = 0
  #used = 4

  /** @param index tells targets apart, an integer below 2²⁴ */
  constructor(seed: number, index: number) {
    const { purpose, key0, key1 } = streamWords(seed, 'fuzz', index)
    this.#purpose = purpose
    this.#key0 = key0
    this.#key1 = key1
  }

  /** Goes to the first choice for an input. */
  begin(input: number): void {
    this.#input = input
    this.#block = 0
    this.#used = 4
  }

  /** Returns a whole number in [0, 2³²). */
  word(): number {
    if (this.#used === 4) {
      const [key0, key1] = [this.#key0, this.#key1]
      philox4x32(this.#block++, this.#input, this.#purpose, 0, key0, key1, this.#words)
      this.#used = 0
    }
    return this.#words[this.#used++]!
  }

  /** Returns a whole number in [0, `count`). */
  below(count: number): number {
    return Math.floor((this.word() / 2 ** 32) * count)
  }

  /** Returns true in one of `n` cases. */
  oneIn(n: number): boolean {
    return this.below(n) === 0
  }

  /** Returns one element of a list that has at least one. */
  pick<T>(list: ArrayLike<T>): T {
    return list[this.below(list.length)]!
  }
}
