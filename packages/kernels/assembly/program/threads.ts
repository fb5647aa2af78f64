import { INSIDE, MOST_CHUNKS, OPEN } from '../generated/header'

// Threads share counters in a program's header. A thread that enters a pass takes the next chunk or
// final command. No thread waits for one that has not entered, so on a machine that is busy or slow
// to wake threads a pass only loses the help of the late thread.

/**
 * How often a thread checks the counter before it sleeps. The other threads usually finish sooner,
 * and waking a thread takes longer.
 */
const SPINS = 5000

/** How often a thread that may not sleep checks the counter before it returns to its host. */
const MOST_SPINS = 2_000_000

/** Makes {@link waitFor} wait without end. The host ends a helper thread that waits in vain. */
export const FOREVER: i64 = -1

/** How long a thread sleeps before it returns to its host, in nanoseconds. */
const SLEEP: i64 = 10_000_000

/** Returns how long the thread that runs a pass sleeps in {@link waitFor}: 0 if it may not. */
// @ts-ignore: decorator
@inline
export function patience(mayWait: i32): i64 {
  return mayWait ? SLEEP : 0
}

/**
 * Returns how many blocks a chunk has. A thread computes them one after the other. Sums are kept
 * for each chunk, so there are few chunks, and their number depends only on the batch.
 */
// @ts-ignore: decorator
@inline
export function blocksOfChunk(blocks: i32): i32 {
  return (blocks + MOST_CHUNKS - 1) / MOST_CHUNKS
}

/** Returns whether other threads may help. */
// @ts-ignore: decorator
@inline
export function shared(threads: i32): bool {
  return ASC_FEATURE_THREADS ? threads > 1 : false
}

/** Takes the next number of a counter. */
// @ts-ignore: decorator
@inline
export function claim(counter: usize, threads: i32): i32 {
  if (ASC_FEATURE_THREADS) if (threads > 1) return atomic.add<i32>(counter, 1)
  const next = load<i32>(counter)
  store<i32>(counter, next + 1)
  return next
}

/** Adds to a counter of finished work. The thread that finishes last wakes the waiting threads. */
export function finish(counter: usize, total: i32): void {
  if (ASC_FEATURE_THREADS) {
    if (atomic.add<i32>(counter, 1) + 1 == total) atomic.notify(counter, -1)
  }
}

/**
 * Waits until the counter has reached `total`, and returns whether it has.
 *
 * @param wait how many nanoseconds the thread sleeps at most: 0 for a thread that may not sleep, or
 * {@link FOREVER}
 */
export function waitFor(counter: usize, total: i32, wait: i64): bool {
  if (ASC_FEATURE_THREADS) {
    const spins = wait == 0 ? MOST_SPINS : SPINS
    for (let i = 0; i < spins; i++) if (atomic.load<i32>(counter) == total) return true
    if (wait == 0) return false
    for (;;) {
      const now = atomic.load<i32>(counter)
      if (now == total) return true
      if (atomic.wait<i32>(counter, now, wait) == AtomicWaitResult.TIMED_OUT) return false
    }
  }
  return true
}

/** Closes the pass to helpers, and returns whether all that were inside it have left in time. */
export function close(header: usize, wait: i64): bool {
  if (ASC_FEATURE_THREADS) {
    atomic.store<i32>(header + OPEN, 0)
    return waitFor(header + INSIDE, 0, wait)
  }
  return true
}

/** Returns whether a helper entered the pass in time. It has to call `leave` in either case. */
export function enter(header: usize): bool {
  if (ASC_FEATURE_THREADS) {
    atomic.add<i32>(header + INSIDE, 1)
    return atomic.load<i32>(header + OPEN) == 1
  }
  return false
}

/** Takes a helper out of the pass. */
export function leave(header: usize): void {
  if (ASC_FEATURE_THREADS) {
    if (atomic.sub<i32>(header + INSIDE, 1) == 1) atomic.notify(header + INSIDE, -1)
  }
}
