import { INSIDE, MOST_CHUNKS, OPEN } from '../generated/header'

// Threads share counters in a program's header. A thread that enters a pass takes the next chunk or
// final command. No thread waits for one that has not entered, so on a machine that is busy or slow
// to wake threads a pass only loses the help of the late thread.

/**
 * How often a thread checks the counter before it sleeps. The other threads usually finish sooner,
 * and waking a thread takes longer.
 */
const SPINS = 5000

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
 * Returns when the counter has reached `total`.
 *
 * @param mayWait whether this thread may sleep
 */
export function waitFor(counter: usize, total: i32, mayWait: i32): void {
  if (ASC_FEATURE_THREADS) {
    for (let i = 0; !mayWait || i < SPINS; i++) if (atomic.load<i32>(counter) == total) return
    for (;;) {
      const now = atomic.load<i32>(counter)
      if (now == total) return
      atomic.wait<i32>(counter, now, -1)
    }
  }
}

/** Returns when no helper is inside the pass and none can enter it any more. */
export function close(header: usize, mayWait: i32): void {
  if (ASC_FEATURE_THREADS) {
    atomic.store<i32>(header + OPEN, 0)
    waitFor(header + INSIDE, 0, mayWait)
  }
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
