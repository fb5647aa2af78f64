import type { Repeat } from '../protocol/protocol.js'

export interface Clock {
  /** Milliseconds, monotonic. */
  readonly now: () => number
}

export async function timed<T>(
  { now }: Clock,
  work: () => Promise<T>,
): Promise<{ value: T; ms: number }> {
  const start = now()
  const value = await work()
  return { value, ms: now() - start }
}

/** So many calls thrown away for one that counts, and there is no measuring. */
const MOST_DISTURBED = 10

/**
 * @param sound asked after each call, outside its time: whether its time is to be believed
 * @returns ms of each sound call of `work`; `prepare` is not in them
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
        `the device was interrupted in ${disturbed} of ${disturbed + samples.length} steps: no time of it can be believed`,
      )
    }
  }
  return samples
}

/** How finely a clock tells time. */
export interface TimerFigures {
  /** The smallest difference of two readings that is not 0: a step that is no longer is not measured. */
  readonly resolutionMs: number
  /** Between one reading and the next, on average: what a measurement adds. */
  readonly overheadMs: number
}

const READINGS = 20_000

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
