/** The most branches that the counters of instrumented code have room for. */
export const MAX_BRANCHES = 2 ** 18
