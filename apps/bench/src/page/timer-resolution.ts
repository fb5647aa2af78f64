/** Enough to meet the smallest step of a clock that is made coarse at random. */
const CHANGES = 200

/** The smallest step of a clock in milliseconds: browsers make theirs coarse, the more so where a page is not cross-origin isolated. */
export function timerResolution(now: () => number): number {
  let smallest = Number.POSITIVE_INFINITY
  for (let changes = 0, last = now(); changes < CHANGES; changes++) {
    let next = now()
    while (next === last) next = now()
    smallest = Math.min(smallest, next - last)
    last = next
  }
  return smallest
}
