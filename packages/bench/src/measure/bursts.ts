import type { Batch, Trainer } from '@mnist-lab/backends'
import { timingStatistics } from '@mnist-lab/metrics'
import type { Repeat } from '../protocol/protocol.js'
import { type Clock, timed } from './clock.js'

/** Calls of one kind on a trainer, several of which can be made between two readings of a clock. */
export interface Burst<Item> {
  /** The most calls at once. */
  readonly most: number
  /** Sends what the next calls work on, in place of what was sent before. */
  readonly prepare: (items: readonly Item[]) => Promise<void>
  /** Makes a call for each of the items that were prepared. */
  readonly run: () => Promise<void>
}

/** The calls of a trainer that runs where no clock is, and is timed from outside. */
export interface TrainerBursts {
  /** Asks for nothing, which takes the time that a message there and back adds to a burst. */
  readonly nothing: () => Promise<void>
  readonly steps: Burst<Batch>
  readonly evaluations: Burst<Batch>
  readonly predictions: Burst<Uint8Array>
}

/** Returns the bursts of a trainer, or undefined for one whose calls are timed one by one. */
export type BurstsOf = (trainer: Trainer) => TrainerBursts | undefined

/** The times of calls, each the mean of a burst. */
export interface BurstTimes {
  /** The milliseconds of one call in each burst. */
  readonly samples: readonly number[]
  /** The number of calls in each of these bursts. */
  readonly atOnce: number
}

/** The largest part of a burst's time that its message may take. */
const MESSAGE_SHARE = 0.01
/** The empty messages whose median time is that of a message. */
const MESSAGES = 21

/**
 * Times bursts of calls. A burst is made longer until its message takes less than
 * {@link MESSAGE_SHARE} of its time. Bursts that were too short do not count, so all samples are
 * means of equally many calls.
 *
 * @param next returns what a call works on; it is sent outside of the time
 */
export async function burstTimes<Item>(
  clock: Clock,
  { min, max, seconds }: Repeat,
  next: () => Item,
  burst: Burst<Item>,
  nothing: TrainerBursts['nothing'],
): Promise<BurstTimes> {
  const messageMs = await timeOfMessage(clock, nothing)
  const end = clock.now() + seconds * 1000
  let samples: number[] = []
  let atOnce = 1
  while (samples.length < min || (samples.length < max && clock.now() < end)) {
    await burst.prepare(Array.from({ length: atOnce }, next))
    const { ms } = await timed(clock, burst.run)
    const enough = longEnough(atOnce, ms, messageMs, burst.most)
    if (enough > atOnce) {
      atOnce = enough
      samples = []
    } else samples.push(ms / atOnce)
  }
  return { samples, atOnce }
}

/** Returns the median time of a message that asks for nothing. */
async function timeOfMessage(clock: Clock, nothing: () => Promise<void>): Promise<number> {
  const samples: number[] = []
  while (samples.length < MESSAGES) samples.push((await timed(clock, nothing)).ms)
  return timingStatistics(samples).medianMs
}

/** Returns how many calls make a burst long enough, from the time of a burst of `atOnce` calls. */
function longEnough(atOnce: number, ms: number, messageMs: number, most: number): number {
  const wantedMs = messageMs / MESSAGE_SHARE
  if (ms >= wantedMs || atOnce >= most) return atOnce
  // The burst includes its message. A tenth is added because calls become faster as they repeat.
  const callMs = Math.max(ms - messageMs, 0) / atOnce
  const enough = Math.ceil((1.1 * wantedMs) / callMs)
  return Math.min(most, Math.max(2 * atOnce, enough))
}
