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

/** Measuring stops when there are more than this many discarded calls for each one that counts. */
const MOST_DISTURBED = 10

/**
 * Repeats some work and times each call; the time excludes `prepare`.
 *
 * @param sound is called after each call, outside its time, and returns whether the time is valid
 * @returns the milliseconds of each valid call
 * @throws Error when hardly any call is valid
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
        `the device was interrupted in ${disturbed} of ${disturbed + samples.length} steps: their times are not valid`,
      )
    }
  }
  return samples
}

/** The precision of a clock. */
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
 * A fixed piece of work whose time depends only on the core's speed: a chain of integer
 * multiplications, each waiting for the one before (Knuth's linear congruential generator). A round
 * takes about half a millisecond. Its median, before and after the timed steps, tells whether two
 * processes had an equally fast machine.
 */
export class Yardstick {
  readonly #clock: Clock
  readonly #samples: number[] = []
  #state = 1

  constructor(clock: Clock) {
    this.#clock = clock
    // The first rounds let the JavaScript engine compile the code.
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

  /** The median time of all rounds so far. */
  get medianMs(): number {
    return timingStatistics(this.#samples).medianMs
  }

  #round(): void {
    let state = this.#state
    for (let i = 0; i < ITERATIONS; i++) state = (Math.imul(state, 1664525) + 1013904223) | 0
    this.#state = state
  }
}
