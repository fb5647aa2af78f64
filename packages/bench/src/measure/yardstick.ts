import { timingStatistics } from '@mnist-lab/metrics'
import type { Clock } from './clock.js'

const ROUNDS = 12
const ITERATIONS = 400_000

/**
 * A fixed piece of work that depends on nothing but the core's speed: a chain of whole-number multiplications, each waiting for the
 * one before (Knuth's linear congruential generator). About half a millisecond a round; its median, before and after what is
 * measured, tells whether two processes had the same machine.
 */
export class Yardstick {
  readonly #clock: Clock
  readonly #samples: number[] = []
  #state = 1

  constructor(clock: Clock) {
    this.#clock = clock
    // Compiled by now.
    for (let i = 0; i < 3; i++) this.#round()
  }

  measure(): void {
    for (let i = 0; i < ROUNDS; i++) {
      const begin = this.#clock.now()
      this.#round()
      this.#samples.push(this.#clock.now() - begin)
    }
  }

  /** Of all rounds so far. */
  get medianMs(): number {
    return timingStatistics(this.#samples).medianMs
  }

  #round(): void {
    let state = this.#state
    for (let i = 0; i < ITERATIONS; i++) state = (Math.imul(state, 1664525) + 1013904223) | 0
    this.#state = state
  }
}
