// What threads share of a program's header. Whoever comes takes the next block or update; nobody waits for a thread that has not
// come, so that a busy machine, or one slow to wake a thread, costs no more than that thread's help.

/** Words: whether helpers may enter, which the host sets before it calls them, and how many are inside. */
const OPEN: usize = 11 << 2,
  INSIDE: usize = 12 << 2

/** Turns of the wheel before a thread sleeps: mostly the others need less, and waking takes longer. */
const SPINS = 5000

/** Whether other threads may help. */
// @ts-ignore: decorator
@inline
export function shared(threads: i32): bool {
  return ASC_FEATURE_THREADS ? threads > 1 : false
}

/** The next number of a counter. */
// @ts-ignore: decorator
@inline
export function claim(counter: usize, threads: i32): i32 {
  if (ASC_FEATURE_THREADS) if (threads > 1) return atomic.add<i32>(counter, 1)
  const next = load<i32>(counter)
  store<i32>(counter, next + 1)
  return next
}

/** Counts what a thread has done; the last wakes those that wait. */
export function finish(counter: usize, total: i32): void {
  if (ASC_FEATURE_THREADS) if (atomic.add<i32>(counter, 1) + 1 == total) atomic.notify(counter, -1)
}

/** Returns when the counter is at `total`. @param mayWait whether this thread may sleep */
export function awaitAll(counter: usize, total: i32, mayWait: i32): void {
  if (ASC_FEATURE_THREADS) {
    for (let i = 0; !mayWait || i < SPINS; i++) if (atomic.load<i32>(counter) == total) return
    for (;;) {
      const now = atomic.load<i32>(counter)
      if (now == total) return
      atomic.wait<i32>(counter, now, -1)
    }
  }
}

/** Returns when no helper is inside, nor will be. */
export function close(header: usize, mayWait: i32): void {
  if (ASC_FEATURE_THREADS) {
    atomic.store<i32>(header + OPEN, 0)
    awaitAll(header + INSIDE, 0, mayWait)
  }
}

/** Whether a helper came in time. It has to `leave` in any case. */
export function enter(header: usize): bool {
  if (ASC_FEATURE_THREADS) {
    atomic.add<i32>(header + INSIDE, 1)
    return atomic.load<i32>(header + OPEN) == 1
  }
  return false
}

export function leave(header: usize): void {
  if (ASC_FEATURE_THREADS)
    if (atomic.sub<i32>(header + INSIDE, 1) == 1) atomic.notify(header + INSIDE, -1)
}
