import { INSIDE, MOST_CHUNKS, OPEN } from '../generated/header'

// What threads share of a program's header. A thread that comes takes the next chunk or final
// command. Nobody waits for a thread that has not come, so a busy machine, or one slow to wake a
// thread, costs no more than that thread's help.

/**
 * Turns of the loop before a thread sleeps. The others mostly need less, and waking takes longer.
 */
const SPINS = 5000

/**
 * Blocks of a chunk, which a thread takes one after the other. Sums over the blocks of a chunk are
 * kept for each chunk, so chunks are few, and how many there are depends on the batch alone.
 */
// @ts-ignore: decorator
@inline
export function blocksOfChunk(blocks: i32): i32 {
  return (blocks + MOST_CHUNKS - 1) / MOST_CHUNKS
}

/** Says whether other threads may help. */
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

/** Counts what a thread has done. The last one wakes those that wait. */
export function finish(counter: usize, total: i32): void {
  if (ASC_FEATURE_THREADS) {
    if (atomic.add<i32>(counter, 1) + 1 == total) atomic.notify(counter, -1)
  }
}

/** Returns when the counter is at `total`. @param mayWait whether this thread may sleep */
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

/** Says whether a helper came in time. It has to `leave` in either case. */
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
