import { timingStatistics } from '@mnist-lab/metrics'
import type { Repeat } from '../protocol/protocol.js'

/** A source of time, which tests replace. */
export interface Clock {
  /** Returns monotonic milliseconds. */
  readonly now: () => number
}

/** Does some work and returns its value with the milliseconds that it took. */
export async function timed<T>(
  { now }: Clock,
  work: () => Promise<T>,
): Promise<{ value: T; ms: number }> {
  const start = now()
  const value = await work()
  return { value, ms: now() - start }
}

/** With so many calls thrown away for each one that counts, measuring is given up. */
const MOST_DISTURBED = 10

/**
 * Repeats some work and times each call; `prepare` is not in the time.
 *
 * @param sound asked after each call, outside its time, whether the time can be believed
 * @returns the milliseconds of each sound call
 * @throws Error when hardly a call is sound
 */
export async function repeated<T>(
  tools: Clock,
  { min, max, seconds }: Repeat,
  prepare: () => T,
  work: (prepared: T) => Promise<unknown>,
  sound: () => boolean = () => true,
): Promise<number[]> {
  const samples: number[] = []
  let disturbed = 0
  const end = tools.now() + seconds * 1000
  while (samples.length < min || (samples.length < max && tools.now() < end)) {
    const prepared = prepare()
    const { ms } = await timed(tools, () => work(prepared))
    if (sound()) samples.push(ms)
    else if (++disturbed > MOST_DISTURBED * (samples.length + 1)) {
      throw new Error(
        `the device was interrupted in ${disturbed} of ${disturbed + samples.length} steps: their times cannot be believed`,
      )
    }
  }
  return samples
}

/** How finely a clock measures. */
export interface TimerFigures {
  /** The smallest difference of two readings that is not 0: nothing shorter can be measured. */
  readonly resolutionMs: number
  /** The average time from one reading to the next: what a measurement adds. */
  readonly overheadMs: number
}

const READINGS = 20_000

/** Measures the smallest step of a clock and the cost of a reading. */
export function calibrateTimer({ now }: Clock): TimerFigures {
  let smallest = Infinity
  let before = now()
  const begin = before
  for (let i = 0; i < READINGS; i++) {
    const after = now()
    if (after > before && after - before < smallest) smallest = after - before
    before = after
  }
  return {
    resolutionMs: Number.isFinite(smallest) ? smallest : before - begin,
    overheadMs: (before - begin) / READINGS,
  }
}

const ROUNDS = 12
const ITERATIONS = 400_000

/**
 * A fixed piece of work that depends on the core's speed alone: a chain of integer multiplications, each waiting for the
 * one before (Knuth's linear congruential generator). A round takes about half a millisecond. Its median, before and
 * after the timed steps, tells whether two processes had an equally fast machine.
 */
export class Yardstick {
  readonly #clock: Clock
  readonly #samples: number[] = []
  #state = 1

  constructor(clock: Clock) {
    this.#clock = clock
    // Lets the JavaScript engine compile it.
    for (let i = 0; i < 3; i++) this.#round()
  }

  /** Times some rounds. */
  measure(): void {
    for (let i = 0; i < ROUNDS; i++) {
      const begin = this.#clock.now()
      this.#round()
      this.#samples.push(this.#clock.now() - begin)
    }
  }

  /** The median of all rounds so far. */
  get medianMs(): number {
    return timingStatistics(this.#samples).medianMs
  }

  #round(): void {
    let state = this.#state
    for (let i = 0; i < ITERATIONS; i++) state = (Math.imul(state, 1664525) + 1013904223) | 0
    this.#state = state
  }
}
